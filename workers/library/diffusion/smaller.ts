/** Smaller copies of kept diffusion models: what they would take, their parts made on demand, and the chosen ones kept beside the original. */

import { findParts, type FoundModel } from '../../../src/architectures/diffusion/checkpoint.ts';
import { readDiffusionFiles } from '../../../src/architectures/diffusion/checkpoint-files.ts';
import {
  configFiles,
  hasPart,
  storePart,
  storedBytes,
  type PartStorage,
  type StoredPart,
} from '../../../src/architectures/diffusion/store-parts.ts';
import { fail, ok, type Result } from '../../../src/base/result.ts';
import { blobStore } from '../../../src/formats/appended-table.ts';
import { whileReadable } from '../../../src/formats/readable.ts';
import type { TensorTable } from '../../../src/formats/tensor-table.ts';
import type { NamedBlob } from '../../../src/formats/weights-file.ts';
import { isSilent, type DiffusionEntry } from '../../../src/models/diffusion-entry.ts';
import { recogniseDiffusion, type FoundDiffusion } from '../../../src/models/diffusion-files.ts';
import { smallerName, type PartChoice } from '../../../src/models/diffusion-smaller.ts';
import type { ImportProgress } from '../../../src/protocol/library.ts';
import type { MadePart, SmallerPart } from '../../../src/protocol/library-diffusion.ts';

/** A kept model as it is read for this. */
export interface Original {
  readonly entry: DiffusionEntry;
  readonly found: FoundModel;
}

/** Told how far the making is; nothing more is made once it answers `false`. */
export type Watch = (progress: ImportProgress) => boolean;

const storages: readonly PartStorage[] = ['half', 'q8', 'q4'];
/** A storage that saves less than this share over the one before is not worth what it changes. */
const leastSaved = 0.02;

/** Failures: those of reading and finding parts. */
export async function readOriginal(
  entry: DiffusionEntry,
  files: readonly NamedBlob[],
): Promise<Result<Original>> {
  const read = await readDiffusionFiles(files);
  if (!read.ok) return read;
  const found = findParts(read.value.weights, read.value.configs);
  return found.ok ? ok({ entry, found: found.value }) : found;
}

/** Failures: `model-unsupported` where no part of it can be stored in less room. */
export function choicesOf({ entry, found }: Original): Result<readonly PartChoice[]> {
  const choices = partsOf(found).map((part): PartChoice => {
    const tables = tablesOf(found, part);
    const able = storages.slice(storages.indexOf(storageNow(tables)));
    const sized = able.map((storage) => ({ storage, bytes: storedBytes(found, part, storage) }));
    const [first, ...rest] = sized;
    const worth = first ? [first] : [];
    for (const one of rest) if (one.bytes < (worth.at(-1)?.bytes ?? 0) * (1 - leastSaved)) worth.push(one);
    // With its header, as the others are.
    return { part, now: Math.max(bytesOf(tables), first?.bytes ?? 0), storages: worth };
  });
  return choices.some(({ storages: all }) => all.length > 1) ? ok(choices) : notSmaller(entry, choices);
}

/** Failures: `cancelled`, `model-damaged` where the files cannot be read any more. */
export async function makePart(
  { entry, found }: Original,
  part: StoredPart,
  storage: PartStorage,
  watch: Watch,
): Promise<Result<MadePart>> {
  return whileReadable(async () => {
    const go = (bytes: number, total: number): boolean => watch({ bytes, total });
    const file = await storePart(found, part, storage, blobStore(), go);
    return file ? ok({ file, configs: configsOf({ entry, found }) }) : stopped();
  });
}

/** All parts as a folder, with what is known of the original. Failures: those of `makePart`. */
export async function smallerFolder(
  original: Original,
  parts: readonly SmallerPart[],
  watch: Watch,
): Promise<Result<FoundDiffusion>> {
  const { entry, found } = original;
  const files: NamedBlob[] = [...configsOf(original)];
  for (const part of partsOf(found)) {
    const wanted = parts.find((one) => one.part === part);
    const storage = wanted?.storage ?? 'half';
    const made = wanted?.file ? ok({ file: wanted.file }) : await makePart(original, part, storage, watch);
    if (!made.ok) return made;
    files.push(made.value.file);
  }
  const name = smallerName(
    entry.name,
    parts.map(({ storage }) => storage),
  );
  const named = files.map((file) => ({ ...file, name: `${name.replaceAll(/[/\\]/g, '-')}/${file.name}` }));
  const folder = await recogniseDiffusion(named);
  if (!folder.ok) return folder;
  const { base, prediction, sampling, from, trained } = entry;
  const smaller = {
    model: entry.id,
    name: entry.name,
    bytes: entry.bytes,
    parts: parts.map(({ part, storage, drift, against }) => ({ part, storage, drift, against })),
    ...(isSilent(entry) && { silent: true as const }),
  };
  const model = {
    ...folder.value.model,
    name,
    base,
    prediction,
    sampling,
    ...(from && { from }),
    ...(trained && { trained }),
    smaller,
  };
  return ok({ ...folder.value, model });
}

/** With a person's word for how it was trained, where nothing else tells. */
function configsOf({ entry, found }: Original): readonly NamedBlob[] {
  const { prediction, sampling, trained = 'usual' } = entry;
  return configFiles(found, { prediction, sampling: sampling ?? (trained === 'usual' ? null : trained) });
}

export function stopped(): Result<never> {
  return fail('cancelled', 'Making the model smaller was stopped. Nothing was changed.');
}

const halves: Readonly<Record<StoredPart, readonly (keyof FoundModel['parts'])[]>> = {
  unet: ['unet'],
  'text-encoder': ['text-encoder'],
  vae: ['vae-encoder', 'vae-decoder'],
  controlnet: ['controlnet'],
};

function partsOf(found: FoundModel): readonly StoredPart[] {
  const all: readonly StoredPart[] = ['unet', 'text-encoder', 'vae', 'controlnet'];
  return all.filter((part) => hasPart(found, part));
}

function tablesOf({ parts }: FoundModel, part: StoredPart): readonly TensorTable[] {
  return halves[part].flatMap((kind) => parts[kind]?.table ?? []);
}

/** Of packed matrices, which have two names, and of a VAE, whose halves may share a file, each range once. */
function bytesOf(tables: readonly TensorTable[]): number {
  const ranges = new Map<string, number>();
  const blobs = [...new Set(tables.map(({ blob }) => blob))];
  for (const { blob, tensors } of tables) {
    for (const { offset, bytes } of tensors.values()) {
      ranges.set(`${blobs.indexOf(blob)} ${offset} ${bytes}`, bytes);
    }
  }
  return [...ranges.values()].reduce((total, bytes) => total + bytes, 0);
}

function storageNow(tables: readonly TensorTable[]): PartStorage {
  const entries = tables.flatMap(({ tensors }) => [...tensors.values()]);
  if (entries.some(({ name }) => name.endsWith('.q4'))) return 'q4';
  return entries.some(({ dtype }) => dtype === 'u8' || dtype === 'i8') ? 'q8' : 'half';
}

function notSmaller({ id, name, parts }: DiffusionEntry, choices: readonly PartChoice[]): Result<never> {
  const kinds = parts.map(({ kind }) => kind);
  const packed = choices.some(({ storages: [first] }) => first !== undefined && first.storage !== 'half');
  const why = kinds.includes('lora')
    ? 'it is a LoRA, which is small and becomes part of the model that it changes'
    : kinds.includes('embedding')
      ? 'it is a textual inversion, which is a few numbers'
      : kinds.some((kind) => kind.startsWith('taesd'))
        ? 'it is TAESD, which is small already'
        : packed
          ? 'its weights have few bits already'
          : 'hardly any of its weights can be stored in less room';
  return fail('model-unsupported', `"${name}" cannot be made smaller: ${why}. Use it as it is.`, {
    model: id,
    reason: 'not-smaller',
  });
}
