/** From a person's files to what the library keeps: recognised, checked, and one .safetensors file whatever they were. */

import { findWeights, openWeights } from '../../src/architectures/open-weights.ts';
import { fail, ok, type Result } from '../../src/base/result.ts';
import { whileReadable } from '../../src/formats/readable.ts';
import { writeSafetensors } from '../../src/formats/safetensors/writer.ts';
import { nameOfFile, storageOf, type ImportedModel } from '../../src/models/imported.ts';
import { chunkBytes } from '../../src/models/model-store.ts';
import type { ImportProgress } from '../../src/protocol/library.ts';
import { foreignFailure, isForeign } from './read-foreign.ts';
import { blobPieces } from './blob-pieces.ts';
import { Checksum } from './checksum.ts';

export interface ReadImport {
  readonly model: ImportedModel;
  readonly bytes: Blob;
  readonly sha256: string;
}

/** Between two progress events, in milliseconds. */
const progressInterval = 50;

/** Failures: those of `findWeights` and `openWeights`. */
export async function readImport(
  files: readonly File[],
  onProgress: (progress: ImportProgress) => void,
): Promise<Result<ReadImport>> {
  const found = await findWeights(files.map((file) => ({ name: file.name, blob: file })));
  if (!found.ok) return (await isForeign(files)) ? fail(...foreignFailure) : found;
  const table = await openWeights(found.value);
  if (!table.ok) return table;
  const { network, file } = found.value;
  // Of an archive or a pair, the file that a person knows is the one that was dropped.
  const weights = files.length === 1 ? (files[0]?.name ?? file.name) : file.name;
  const bytes = writeSafetensors(table.value, { format: 'pt' });
  const model: ImportedModel = {
    name: nameOfFile(weights) || weights,
    weights,
    family: network.family,
    structure: network.structure,
    stored: storageOf(table.value, network),
  };
  return whileReadable(async () => ok({ model, bytes, sha256: await checksumOf(bytes, onProgress) }));
}

/** Parts of the size that the store takes. */
export function chunksOf(bytes: Blob): readonly Blob[] {
  const count = Math.ceil(bytes.size / chunkBytes);
  return Array.from({ length: count }, (_, n) => bytes.slice(n * chunkBytes, (n + 1) * chunkBytes));
}

/** The sha256 of a Blob, read once. */
export async function checksumOf(
  blob: Blob,
  onProgress: (progress: ImportProgress) => void,
): Promise<string> {
  const checksum = new Checksum();
  let bytes = 0;
  let told = performance.now();
  for await (const piece of blobPieces(blob)) {
    checksum.add(piece);
    bytes += piece.byteLength;
    if (performance.now() - told < progressInterval) continue;
    told = performance.now();
    onProgress({ bytes, total: blob.size });
  }
  return checksum.end();
}
