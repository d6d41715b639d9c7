/** ONNX graphs of networks that nobody here knows: found among a person's files, and kept as one file as they are. */

import { findWeights } from '../../src/architectures/open-weights.ts';
import type { ForeignModel } from '../../src/architectures/foreign.ts';
import { fail, ok, type Result } from '../../src/base/result.ts';
import type { OnnxHeader } from '../../src/formats/onnx/header.ts';
import { inOneFile } from '../../src/formats/onnx/rewrite.ts';
import { whileReadable } from '../../src/formats/readable.ts';
import { readWeights } from '../../src/formats/weights-file.ts';
import { nameOfFile } from '../../src/models/imported.ts';
import type { ForeignFile, ImportProgress } from '../../src/protocol/library.ts';
import { checksumOf, type ReadImport } from './read-import.ts';

/** What an import says of such files. */
export const foreignFailure = [
  'model-unrecognised',
  'This ONNX file holds a network of no family that Enlarger knows. It can still run as it is, once it was tried.',
  { reason: 'foreign' },
] as const;

/** Whether the files, which no family has recognised, are a whole ONNX graph that can be tried. */
export async function isForeign(files: readonly File[]): Promise<boolean> {
  const header = await graphOf(files);
  return header.ok && header.value !== null;
}

/** Failures: those of the readers, and `model-unsupported` for files that are no ONNX graph. */
export async function readForeign(files: readonly File[]): Promise<Result<ForeignFile>> {
  const header = await graphOf(files);
  if (!header.ok) return header;
  if (!header.value) {
    const found = await findWeights(files.map((file) => ({ name: file.name, blob: file })));
    if (!found.ok) return found;
    return fail('model-unsupported', 'This is no ONNX graph. Open the file as a model.', { reason: 'known' });
  }
  const weights = (files.length === 1 ? files[0]?.name : header.value.name) ?? '';
  return ok({ name: nameOfFile(weights) || weights, weights, bytes: inOneFile(header.value.header) });
}

/** Ready to be kept. */
export async function withChecksum(
  { name, weights, bytes }: ForeignFile,
  foreign: ForeignModel,
  onProgress: (progress: ImportProgress) => void,
): Promise<Result<ReadImport>> {
  const model = { name, weights, family: 'onnx', structure: {}, stored: 'fp32', foreign } as const;
  return whileReadable(async () => ok({ model, bytes, sha256: await checksumOf(bytes, onProgress) }));
}

async function graphOf(
  files: readonly File[],
): Promise<Result<{ readonly name: string; readonly header: OnnxHeader } | null>> {
  const file = await readWeights(files.map((one) => ({ name: one.name, blob: one })));
  if (!file.ok) return file;
  if (file.value.format !== 'onnx' || file.value.header.graph.nodes.length === 0) return ok(null);
  return ok({ name: file.value.name, header: file.value.header });
}
