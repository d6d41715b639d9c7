/**
 * LoRAs merged into the parts of models once and kept, so that the next job with the same ones and strengths starts at once. What is kept is
 * only what they change; the oldest go when all of them together exceed `mostBytes`.
 */

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { readDiffusionFiles } from '../../../src/architectures/diffusion/checkpoint-files.ts';
import { wholeModel } from '../../../src/architectures/diffusion/checkpoint-whole.ts';
import { findParts } from '../../../src/architectures/diffusion/checkpoint.ts';
import { hasReady } from '../../../src/architectures/diffusion/onnx-whole.ts';
import { mergeLoras } from '../../../src/architectures/diffusion/lora-merge.ts';
import type { LoraChanges } from '../../../src/architectures/diffusion/lora.ts';
import { changesIn, mergedFile, weightIn } from '../../../src/architectures/diffusion/merged-part.ts';
import { ok, type Result } from '../../../src/base/result.ts';
import { sourced } from '../../../src/diffusion/text/sourced-text.ts';
import { takeTags } from '../../../src/diffusion/text/network-tags.ts';
import { blobStore } from '../../../src/formats/appended-table.ts';
import { wholeName } from '../../../src/formats/shards.ts';
import { whileReadable } from '../../../src/formats/readable.ts';
import type { TensorTable } from '../../../src/formats/tensor-table.ts';
import type { ModelStore, StoredModel } from '../../../src/models/model-store.ts';
import type { MergedPart } from '../../../src/protocol/engine.ts';
import type { ImportProgress } from '../../../src/protocol/library.ts';
import { chosenFiles } from '../../../src/recipes/chosen-files.ts';
import type { RefineStep } from '../../../src/recipes/refine.ts';
import { hasSha256 } from '../checksum.ts';
import { checksumOf, chunksOf } from '../read-import.ts';
import type { OwnedFile } from './entry-files.ts';
import { roomFor } from './writing.ts';

/** Of all merges together: two of Stable Diffusion 1.5 with a LoRA that changes every layer. */
const mostBytes = 4e9;
const parts = ['unet', 'text-encoder'] as const;

/** A merge that is wanted: what it is of, and how it is found again. */
interface Wanted extends Omit<MergedPart, 'weights'> {
  readonly id: string;
  /** Checksums of the entries that are in it. */
  readonly of: readonly string[];
  readonly table: TensorTable;
  readonly changes: LoraChanges;
}

type Watch = (progress: ImportProgress) => unknown;

export class MergedLoras {
  readonly #store: ModelStore;
  /** Ids whose bytes were compared with their checksum during this visit. */
  readonly #checked = new Set<string>();
  /** Which merging may go on: a later one, or an end, outdates it. */
  #run = 0;

  constructor(store: ModelStore) {
    this.#store = store;
  }

  /**
   * What these steps merge, made where it is not kept. Failures: those of reading the files and of fitting LoRAs to them, `cancelled`.
   */
  async of(
    files: readonly OwnedFile[],
    steps: readonly Pick<RefineStep, 'weights' | 'control' | 'prompt'>[],
    watch: Watch,
  ): Promise<Result<readonly MergedPart[]>> {
    const run = ++this.#run;
    const wanted = new Map<string, Wanted>();
    for (const step of steps) {
      const found = await wantedBy(step, files);
      if (!found.ok) return found;
      for (const one of found.value) wanted.set(one.id, one);
    }
    const merged: MergedPart[] = [];
    for (const [place, one] of [...wanted.values()].entries()) {
      const go = (done: number, total: number): boolean => {
        watch({ bytes: place + done / Math.max(1, total), total: wanted.size });
        return run === this.#run;
      };
      const weights = (await this.#kept(one.id)) ?? (await this.#make(one, go));
      if ('ok' in weights) return weights;
      const { part, from, loras } = one;
      merged.push({ part, from, loras, weights });
    }
    return ok(merged);
  }

  stop(): void {
    this.#run++;
  }

  /** Removes what was made with an entry that is gone. */
  async forget(checksum: string): Promise<void> {
    for (const { id, merged } of await this.#list()) {
      if (merged?.of.includes(checksum)) await this.#store.remove(id);
    }
  }

  async #kept(id: string): Promise<Blob | null> {
    const kept = await this.#store.get(id);
    if (!kept.ok || !kept.value) return null;
    const { bytes, entry } = kept.value;
    if (bytes.size !== entry.bytes) return null;
    if (!this.#checked.has(id) && !(await hasSha256(bytes, entry.sha256))) return null;
    this.#checked.add(id);
    return bytes;
  }

  async #make(
    { id, of, table, changes }: Wanted,
    go: (done: number, total: number) => boolean,
  ): Promise<Blob | Result<never>> {
    const made = await whileReadable(() => mergeLoras(table, changes, 'f16', blobStore(), go));
    if (!made.ok) return made;
    const weights = mergedFile(table, made.value);
    const checksum = await checksumOf(weights, () => undefined);
    return this.#store.alone(async () => {
      // Another tab may have made it meanwhile.
      const here = await this.#kept(id);
      if (here) return here;
      await this.#makeRoom(weights.size);
      const kept = await this.#store.put(
        { id, sha256: checksum, bytes: weights.size, merged: { of, at: Date.now() } },
        chunksOf(weights),
      );
      // What cannot be kept serves this job.
      return (kept.ok ? await this.#kept(id) : null) ?? weights;
    });
  }

  /** The newest stay, as far as there is room. */
  async #makeRoom(bytes: number): Promise<void> {
    const newest = (await this.#list()).sort((a, b) => (b.merged?.at ?? 0) - (a.merged?.at ?? 0));
    let sum = bytes;
    for (const { id, bytes: own } of newest) {
      sum += own;
      if (sum > mostBytes) await this.#store.remove(id);
    }
    const room = await roomFor(bytes);
    if (!room.ok) for (const { id } of newest) await this.#store.remove(id);
  }

  async #list(): Promise<StoredModel[]> {
    const list = await this.#store.list();
    return list.ok ? [...list.value] : [];
  }
}

/** The parts that a step's LoRAs change. */
async function wantedBy(
  step: Pick<RefineStep, 'weights' | 'control' | 'prompt'>,
  files: readonly OwnedFile[],
): Promise<Result<Wanted[]>> {
  const { loras: tags } = takeTags(sourced(step.prompt ?? ''));
  const chosen = chosenFiles(files, step, tags);
  if (!chosen.ok) return chosen;
  const { loras } = chosen.value;
  if (loras.length === 0) return ok([]);
  const read = await readDiffusionFiles(chosen.value.files);
  if (!read.ok) return read;
  const found = findParts(read.value.weights, read.value.configs, read.value.ready);
  if (!found.ok) return found;
  // Nothing is merged into graphs, which the engine says of the whole model.
  if (hasReady(found.value)) return ok([]);
  const whole = wholeModel(found.value);
  if (!whole.ok) return whole;
  const { unet, text } = whole.value;
  const tables = new Map([['unet', unet.table] as const, ['text-encoder', text.table] as const]);
  const wanted: Wanted[] = [];
  for (const part of parts) {
    const changes = changesIn(part, tables, found.value.loras, loras);
    if (!changes.ok) return changes;
    if (changes.value.size === 0) continue;
    const { table, from } = part === 'unet' ? unet : text;
    const weighted = loras.map((lora) => ({ file: lora.file, weight: weightIn(part, lora) }));
    const of = [from, ...weighted.map(({ file }) => file)].map((name) => ownerOf(files, name));
    // Names change with a renamed entry; what they stand for does not.
    const key = JSON.stringify([part, of, weighted.map(({ weight }) => weight)]);
    const id = `${part}-${bytesToHex(sha256(utf8ToBytes(key))).slice(0, 32)}`;
    wanted.push({ id, part, from, loras: weighted, of, table, changes: changes.value });
  }
  return ok(wanted);
}

/** The checksum of the entry that a file is of; shards have one name for all. */
function ownerOf(files: readonly OwnedFile[], name: string): string {
  const owner =
    files.find((file) => file.name === name) ?? files.find((file) => wholeName(file.name) === name);
  return owner?.owner ?? '';
}
