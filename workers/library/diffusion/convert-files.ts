/**
 * Files of a diffusion model as the library keeps them: weights in half precision, so that no job converts them again. What is in it already,
 * LoRAs, embeddings, weights of few bits and configs stay byte for byte.
 */

import { isEmbedding } from '../../../src/architectures/diffusion/embedding.ts';
import { isLora } from '../../../src/architectures/diffusion/lora-names.ts';
import { planHalfFile, shrinks, type Continue } from '../../../src/formats/half-file.ts';
import { readNotes } from '../../../src/formats/safetensors/notes.ts';
import { joinTables, wholeName } from '../../../src/formats/shards.ts';
import type { TensorTable } from '../../../src/formats/tensor-table.ts';
import { readWeights, type NamedBlob } from '../../../src/formats/weights-file.ts';

/** A file to be written. */
export interface FileForm {
  readonly name: string;
  readonly bytes: number;
  /** Ends early when `go` says so; rejects when the source cannot be read. */
  pieces(go: Continue): AsyncIterable<Uint8Array<ArrayBuffer>>;
}

/** What is to be done for one file, by headers alone; `convert` is null for one that stays. */
export interface FilePlan {
  readonly name: string;
  readonly sources: readonly NamedBlob[];
  readonly convert: { readonly table: TensorTable; readonly notes: Readonly<Record<string, string>> } | null;
}

/** Copies for a training that goes on, what judges pictures in one, and what optimisers remember: nothing redraws with these. */
const unused = /^(model_ema\.|(first_stage_model\.)?loss\.|optimizer|lr_schedulers|callbacks)/;
const nest = 'state_dict.';
/** Bytes of one piece of a file that stays. */
const pieceBytes = 8 << 20;

/** In the order of the files; shards that are converted become one file. */
export async function planFiles(files: readonly NamedBlob[]): Promise<readonly FilePlan[]> {
  const plans: FilePlan[] = [];
  for (const whole of new Set(files.map(({ name }) => wholeName(name)))) {
    const sources = files.filter(({ name }) => wholeName(name) === whole);
    const convert = await conversionOf(sources);
    if (convert) plans.push({ name: whole.replace(/\.[^./\\]+$/, '.safetensors'), sources, convert });
    else plans.push(...sources.map((source) => ({ name: source.name, sources: [source], convert: null })));
  }
  return plans;
}

async function conversionOf(sources: readonly NamedBlob[]): Promise<FilePlan['convert']> {
  const tables: TensorTable[] = [];
  let notes: Readonly<Record<string, string>> = {};
  for (const source of sources) {
    if (source.name.endsWith('.json')) return null;
    const read = await readWeights([source]);
    if (!read.ok || (read.value.format !== 'safetensors' && read.value.format !== 'pth')) return null;
    tables.push(read.value.table);
    if (read.value.format === 'safetensors') notes = { ...notes, ...(await readNotes(source.blob)) };
  }
  const table = joinTables(tables);
  const entries = [...table.tensors.values()];
  const fewBits = entries.some(({ dtype }) => dtype === 'u8' || dtype === 'i8');
  if (fewBits || isLora(table) || isEmbedding(table) || !entries.some(shrinks)) return null;
  return { table: used(table), notes: { format: 'pt', ...notes } };
}

/** Without what no network of the file is made of. */
function used({ blob, tensors }: TensorTable): TensorTable {
  const nested = [...tensors.keys()].some((name) => name.startsWith(nest));
  const kept = [...tensors].filter(([name]) =>
    nested ? name.startsWith(nest) && !unused.test(name.slice(nest.length)) : !unused.test(name),
  );
  return { blob, tensors: new Map(kept) };
}

export interface FileForms {
  readonly files: readonly FileForm[];
  /** Tensors that half precision cannot hold. */
  readonly full: readonly string[];
}

/** Reads all that is to be converted once. Null when `go` ended it; rejects when a file cannot be read. */
export async function formsOf(plans: readonly FilePlan[], go: Continue): Promise<FileForms | null> {
  const files: FileForm[] = [];
  const full: string[] = [];
  const total = sizeOf(plans);
  let before = 0;
  for (const plan of plans) {
    const { name, sources, convert } = plan;
    const done = before;
    before += sizeOf([plan]);
    if (!convert) {
      files.push(...sources.map(asItIs));
      continue;
    }
    const half = await planHalfFile(convert.table, convert.notes, (read) => go(done + read, total));
    if (!half) return null;
    full.push(...half.overflowing.keys());
    files.push({ name, bytes: half.bytes, pieces: (on) => half.pieces(on) });
  }
  return { files, full };
}

/** Bytes of all that is given. */
export function sizeOf(plans: readonly FilePlan[]): number {
  return plans.flatMap(({ sources }) => sources).reduce((sum, { blob }) => sum + blob.size, 0);
}

function asItIs({ name, blob }: NamedBlob): FileForm {
  return {
    name,
    bytes: blob.size,
    async *pieces(go) {
      for (let at = 0; at < blob.size; at += pieceBytes) {
        if (!go(at, blob.size)) return;
        yield new Uint8Array(await blob.slice(at, at + pieceBytes).arrayBuffer());
      }
    },
  };
}
