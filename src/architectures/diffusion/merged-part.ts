/**
 * LoRAs merged into a part ahead of its use: a file with only the tensors that they change, under canonical names, laid over the part's own
 * when it is loaded.
 */

import { fail, ok, type Result } from '../../base/result.ts';
import { readNotes } from '../../formats/safetensors/notes.ts';
import { readSafetensors } from '../../formats/safetensors/reader.ts';
import { writeSafetensors } from '../../formats/safetensors/writer.ts';
import { joinTables } from '../../formats/shards.ts';
import type { TensorEntry, TensorTable } from '../../formats/tensor-table.ts';
import type { GivenWeights } from './checkpoint-parts.ts';
import { planLoras, type GivenLora, type LoraChanges, type LoraLeft, type LoraPlan } from './lora.ts';
import type { LoraPart } from './lora-targets.ts';

/** A LoRA by its file's name, with its strength in either part. */
export interface WantedLora {
  readonly file: string;
  readonly text: number;
  readonly unet: number;
}

/** How much of it goes into a part. */
export function weightIn(part: LoraPart, { text, unet }: WantedLora): number {
  return part === 'unet' ? unet : text;
}

/** In the notes of such a file: names of the part's tensors that it does without. */
const goneNote = 'enlarger.gone';

/**
 * What these LoRAs change in one of the parts; nothing where they leave it as it is. All parts are looked at, as a LoRA that changes only
 * one of them fits all the same. Failures: `model-unsupported` for a file that is no LoRA, and those of `planLoras`.
 */
export function changesIn(
  part: LoraPart,
  tables: ReadonlyMap<LoraPart, TensorTable>,
  files: readonly GivenWeights[],
  wanted: readonly WantedLora[],
): Result<LoraChanges> {
  const planned = planOf(part, tables, files, wanted);
  return planned.ok ? ok(planned.value.changes.get(part) ?? new Map()) : planned;
}

/** Which of these LoRAs have layers that the parts do not. Failures: those of `changesIn`. */
export function leftIn(
  tables: ReadonlyMap<LoraPart, TensorTable>,
  files: readonly GivenWeights[],
  wanted: readonly WantedLora[],
): Result<readonly LoraLeft[]> {
  const planned = planOf('unet', tables, files, wanted);
  return planned.ok ? ok(planned.value.left) : planned;
}

function planOf(
  part: LoraPart,
  tables: ReadonlyMap<LoraPart, TensorTable>,
  files: readonly GivenWeights[],
  wanted: readonly WantedLora[],
): Result<LoraPlan> {
  const loras: GivenLora[] = [];
  for (const lora of wanted) {
    const given = files.find(({ name }) => name === lora.file);
    if (!given) {
      const message = `"${lora.file}" is given as a LoRA, but it is none. Name it as what it is.`;
      return fail('model-unsupported', message, { file: lora.file });
    }
    loras.push({ name: lora.file, table: given.table, weight: weightIn(part, lora) });
  }
  return planLoras(tables, loras);
}

/** What is other in `after`, whose Blob begins with that of `before`: a .safetensors file of ranges of it, so nothing is copied. */
export function mergedFile(before: TensorTable, after: TensorTable): Blob {
  const changed = [...after.tensors].filter(([name, entry]) => !isSame(before.tensors.get(name), entry));
  const gone = [...before.tensors.keys()].filter((name) => !after.tensors.has(name));
  return writeSafetensors(
    { blob: after.blob, tensors: new Map(changed) },
    { format: 'pt', [goneNote]: JSON.stringify(gone) },
  );
}

/** The part with the tensors of such a file in place of its own. Failures: those of reading it. */
export async function withMerged(table: TensorTable, file: Blob): Promise<Result<TensorTable>> {
  const merged = await readSafetensors(file);
  if (!merged.ok) return merged;
  const { blob, tensors: both } = joinTables([table, merged.value]);
  const gone = namesIn((await readNotes(file))[goneNote] ?? '[]');
  return ok({ blob, tensors: new Map([...both].filter(([name]) => !gone.has(name))) });
}

function isSame(before: TensorEntry | undefined, { dtype, offset, bytes }: TensorEntry): boolean {
  return before?.dtype === dtype && before.offset === offset && before.bytes === bytes;
}

function namesIn(json: string): ReadonlySet<unknown> {
  try {
    const list: unknown = JSON.parse(json);
    return new Set(Array.isArray(list) ? list : []);
  } catch {
    return new Set();
  }
}
