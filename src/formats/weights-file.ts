/**
 * Opens what a person drops as a model: one file, an ncnn pair, an ONNX file with others beside it, or a ZIP of these. The format is decided by the
 * content. Nothing is copied that can be used where it lies.
 */

import { fail, ok, type Result } from '../base/result.ts';
import type { NcnnNetwork } from './ncnn/network.ts';
import { readNcnn } from './ncnn/reader.ts';
import type { OpenBeside } from './onnx/beside.ts';
import type { OnnxHeader } from './onnx/header.ts';
import { readOnnx } from './onnx/reader.ts';
import { readPthStream, readPthZip } from './pth/reader.ts';
import { pickleEntry } from './pth/zip-file.ts';
import { whileReadable } from './readable.ts';
import { readSafetensors } from './safetensors/reader.ts';
import { SNIFF_BYTES } from './sniff.ts';
import type { TensorTable } from './tensor-table.ts';
import { weightsKind, type WeightsKind } from './weights-kind.ts';
import { memberBlob, memberHead } from './zip/member.ts';
import { readZip, type ZipEntry } from './zip/reader.ts';

export interface NamedBlob {
  readonly name: string;
  readonly blob: Blob;
}

/** `name` is that of the file, inside an archive where it came from one. */
export type WeightsFile =
  | { readonly format: 'safetensors' | 'pth'; readonly name: string; readonly table: TensorTable }
  | { readonly format: 'onnx'; readonly name: string; readonly blob: Blob; readonly header: OnnxHeader }
  | { readonly format: 'ncnn'; readonly name: string; readonly network: NcnnNetwork };

/** A file that may still have to be unpacked. */
interface Candidate {
  readonly name: string;
  readonly kind: WeightsKind;
  readonly open: () => Promise<Result<Blob>>;
}

type Readable = Exclude<WeightsKind['kind'], 'unknown' | 'other'>;

const mostMembers = 500;
const mostParamBytes = 16 << 20;

/**
 * Failures: `model-unsupported` for what is no model or none that we read, `model-damaged` for one that is cut
 * short or broken; `detail.reason` says which. More files than one are expected only for ncnn and for ONNX.
 */
export async function readWeights(files: readonly NamedBlob[]): Promise<Result<WeightsFile>> {
  return whileReadable(async () => {
    const candidates = await Promise.all(
      files.map(async ({ name, blob }): Promise<Candidate> => {
        const head = new Uint8Array(await blob.slice(0, SNIFF_BYTES).arrayBuffer());
        return { name, kind: weightsKind(head, blob.size), open: async () => ok(blob) };
      }),
    );
    return readOne(candidates, true);
  });
}

async function readOne(candidates: readonly Candidate[], outermost: boolean): Promise<Result<WeightsFile>> {
  const readable = candidates.filter(({ kind }) => kind.kind !== 'unknown' && kind.kind !== 'other');
  // The `.bin` of an ncnn pair is bare numbers, which may look like anything.
  const param = candidates.length === 2 ? candidates.find(({ kind }) => kind.kind === 'ncnn') : undefined;
  if (param) return readChosen(param, candidates, outermost);
  const onnx = readable.filter(({ kind }) => kind.kind === 'onnx');
  // What lies beside an ONNX file are numbers too.
  if (candidates.length > 1 && onnx.length === 1 && onnx[0])
    return readChosen(onnx[0], candidates, outermost);
  const [chosen, second] = readable;
  if (second) return several(readable);
  if (chosen) return readChosen(chosen, candidates, outermost);
  const [only] = candidates;
  if (!outermost) return refuse('no-model', 'This archive holds no model', 'Choose the model itself.');
  if (!only) return refuse('no-model', 'There is no file', 'Choose a model file.');
  return readUnknown(candidates.find(({ kind }) => kind.kind === 'unknown') ?? only);
}

function several(models: readonly Candidate[]): Result<never> {
  const names = models.slice(0, 5).map(({ name }) => `"${name}"`);
  return refuse('several', `There are several models: ${names.join(', ')}`, 'Open them one by one.');
}

async function readChosen(
  { name, kind, open }: Candidate,
  candidates: readonly Candidate[],
  outermost: boolean,
): Promise<Result<WeightsFile>> {
  const opened = await open();
  if (!opened.ok) return opened;
  const blob = opened.value;
  switch (kind.kind as Readable) {
    case 'safetensors':
      return tableOf('safetensors', name, await readSafetensors(blob));
    case 'pickle':
      return tableOf('pth', name, await readPthStream(blob));
    case 'onnx':
      return onnxOf(name, blob, candidates);
    case 'ncnn':
      return ncnnOf(name, blob, candidates);
    case 'zip':
      return readArchive(name, blob, outermost);
  }
}

async function readArchive(name: string, blob: Blob, outermost: boolean): Promise<Result<WeightsFile>> {
  const entries = await readZip(blob);
  if (!entries.ok) return entries;
  const pickle = pickleEntry(entries.value);
  if (pickle) return tableOf('pth', name, await readPthZip(blob, entries.value, pickle));
  if (!outermost) return refuse('archive', 'This archive holds another archive', 'Unpack it first.');
  // What macOS adds are no models.
  const members = entries.value.filter((entry) => !entry.name.startsWith('__MACOSX/') && entry.bytes > 0);
  if (members.length > mostMembers) {
    return refuse(
      'archive',
      `This archive holds ${members.length} files`,
      'Unpack it and open the model in it.',
    );
  }
  const candidates: Candidate[] = [];
  for (const entry of members) candidates.push(await memberCandidate(blob, entry));
  return readOne(candidates, false);
}

async function memberCandidate(archive: Blob, entry: ZipEntry): Promise<Candidate> {
  const head = await memberHead(archive, entry, SNIFF_BYTES);
  return { name: entry.name, kind: weightsKind(head, entry.bytes), open: () => memberBlob(archive, entry) };
}

function tableOf(
  format: 'safetensors' | 'pth',
  name: string,
  table: Result<TensorTable>,
): Result<WeightsFile> {
  return table.ok ? ok({ format, name, table: table.value }) : table;
}

async function onnxOf(
  name: string,
  blob: Blob,
  candidates: readonly Candidate[],
): Promise<Result<WeightsFile>> {
  const header = await readOnnx(blob, besideOf(name, candidates));
  if (!header.ok) return header;
  const used = header.value.beside.map(fileName);
  const models = candidates.filter(
    ({ name: own, kind }) => own === name || (isWhole(kind.kind) && !used.includes(fileName(own))),
  );
  if (models.length > 1) return several(models);
  return ok({ format: 'onnx', name, blob: header.value.table.blob, header: header.value });
}

/** Finds the files beside an ONNX file by the end of their paths: folders get lost on the way. */
function besideOf(name: string, candidates: readonly Candidate[]): OpenBeside {
  const others = candidates.filter((candidate) => candidate.name !== name);
  return async (location) => {
    const named = others.filter((other) => fileName(other.name) === fileName(location));
    const folder = name.replace(/[^/]*$/, '');
    const found = named.find((other) => other.name === folder + location.replace(/^\.\//, '')) ?? named[0];
    return found ? found.open() : null;
  };
}

function fileName(path: string): string {
  return path.replace(/^.*[/\\]/, '');
}

/** Kinds that no accident gives a file of bare numbers. */
function isWhole(kind: WeightsKind['kind']): boolean {
  return kind === 'safetensors' || kind === 'zip' || kind === 'onnx';
}

async function ncnnOf(
  name: string,
  param: Blob,
  candidates: readonly Candidate[],
): Promise<Result<WeightsFile>> {
  const others = candidates.filter((other) => other.kind.kind !== 'ncnn');
  const weights = candidates.length === 2 ? others : others.filter(({ kind }) => kind.kind === 'unknown');
  const bin =
    weights.find((other) => stem(other.name) === stem(name)) ??
    (weights.length === 1 ? weights[0] : undefined);
  if (!bin) {
    const found = `"${name}" is the .param of an ncnn model, and its .bin is missing`;
    return refuse('half-pair', found, 'Choose both files together.');
  }
  if (param.size > mostParamBytes)
    return refuse('other-format', `"${name}" is too large for a .param`, 'Choose another file.');
  const opened = await bin.open();
  if (!opened.ok) return opened;
  const network = await readNcnn(await param.text(), opened.value);
  return network.ok ? ok({ format: 'ncnn', name, network: network.value }) : network;
}

/** Without a signature it may still be an ONNX file of an unusual exporter. */
async function readUnknown({ name, kind, open }: Candidate): Promise<Result<WeightsFile>> {
  if (kind.kind === 'other') return refuse(kind.reason, kind.sentence, kind.wayOut);
  const blob = await open();
  if (!blob.ok) return blob;
  const onnx = await onnxOf(name, blob.value, []);
  if (onnx.ok) return onnx;
  if (kind.kind === 'unknown' && kind.half) {
    const found = `"${name}" seems to be the .bin of an ncnn model, and its .param is missing`;
    return refuse('half-pair', found, 'Choose both files together.');
  }
  return refuse(
    'unknown',
    `"${name}" is of no model format that Enlarger reads`,
    'It reads .safetensors, PyTorch files, .onnx, and ncnn, whose .param and .bin must be chosen together.',
  );
}

function stem(name: string): string {
  return name.replace(/\.[^./]*$/, '');
}

function refuse(reason: string, sentence: string, wayOut: string): Result<never> {
  return fail('model-unsupported', `${sentence}. ${wayOut}`, { reason });
}
