/**
 * Merges LoRAs into the weights of a part: W + weight * alpha / rank * up @ down, tensor by tensor and some rows at a time. What they do not
 * change stays in the user's file. Weights of few bits are widened, merged and packed again in as many.
 */

import { invariant } from '../../base/assert.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { AppendedTable, type ByteStore } from '../../formats/appended-table.ts';
import { singlesOf } from '../../formats/convert-dtypes.ts';
import { toHalfArray } from '../../formats/float16.ts';
import { tensorBytes, valueCount, dtypeBytes } from '../../formats/tensor-bytes.ts';
import type { TensorEntry, TensorTable } from '../../formats/tensor-table.ts';
import { packedMatrix, withPlainNames, type PackedBits } from '../packed.ts';
import type { Continue } from '../smaller.ts';
import type { LoraChange, LoraChanges } from './lora.ts';
import { putPacked } from './quantise-table.ts';
import { packedIn, widenedValues } from './widened.ts';

/** Values of one piece: bounds the memory above the matrices of the LoRAs. */
const pieceValues = 1 << 20;
/** Ranks of one pass over a row. */
const together = 8;

/** A tensor's whole change as two matrices: [outputs, rank] and [rank, inputs]. The rank is a multiple of `together`. */
interface Factors {
  readonly rank: number;
  readonly up: Float32Array;
  readonly down: Float32Array;
}

/**
 * The part with its changes merged, in `compute` behind the part's own Blob; values that fp16 cannot hold keep their tensor
 * in fp32. Failures: `model-damaged` naming a LoRA with values that are no numbers, `cancelled` when `go` ended it.
 */
export async function mergeLoras(
  table: TensorTable,
  changes: LoraChanges,
  compute: 'f16' | 'f32',
  store: ByteStore,
  go: Continue = () => true,
): Promise<Result<TensorTable>> {
  const merged = new AppendedTable(table, store);
  const { tensors } = withPlainNames(table);
  const entries = [...changes.keys()].flatMap((name) => tensors.get(name) ?? []);
  const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  for (const entry of entries) {
    if (!go(done, total)) return fail('cancelled', 'Merging the LoRAs was cancelled.');
    done += entry.bytes;
    const active = (changes.get(entry.name) ?? []).filter(({ lora }) => lora.weight !== 0);
    if (active.length === 0) continue;
    const factors = await factorsOf(active, entry);
    if (!factors.ok) return factors;
    const packed = packedIn(table, entry.name);
    if (packed !== null) {
      await mergePacked(merged, table, entry, factors.value, packed);
      continue;
    }
    const dtypes = compute === 'f16' ? (['f16', 'f32'] as const) : (['f32'] as const);
    for (const dtype of dtypes) {
      if (await merged.put({ ...entry, dtype }, pieces(table, entry, factors.value, dtype))) break;
    }
  }
  go(total, total);
  return ok(await merged.finish());
}

/** Values that fewer bits cannot hold make it a tensor of fp32. */
async function mergePacked(
  merged: AppendedTable,
  table: TensorTable,
  { name, shape }: TensorEntry,
  factors: Factors,
  bits: PackedBits,
): Promise<void> {
  const values = await widenedValues(table, name);
  invariant(values, `Nothing tells the values of ${name}`);
  const [outputs = 1] = shape;
  const inputs = values.length / outputs;
  for (let row = 0; row < outputs; row++)
    addRow(values.subarray(row * inputs, (row + 1) * inputs), factors, row);
  const matrix = packedMatrix(table, name);
  if (await putPacked(merged, { name, shape }, values, bits, !matrix?.zeros)) return;
  for (const part of [matrix?.values, matrix?.scales, matrix?.zeros]) if (part) merged.drop(part.name);
  await merged.put({ name, shape, dtype: 'f32' }, whole(values));
}

async function* whole({ buffer }: Float32Array<ArrayBuffer>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield new Uint8Array(buffer);
}

/** Rows of the merged tensor; ends early at a value that the dtype cannot hold. */
async function* pieces(
  table: TensorTable,
  entry: TensorEntry,
  factors: Factors,
  dtype: 'f16' | 'f32',
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const [outputs = 1] = entry.shape;
  const inputs = valueCount(entry.shape) / outputs;
  const rows = Math.max(1, Math.floor(pieceValues / inputs));
  const rowBytes = inputs * dtypeBytes[entry.dtype];
  for (let row = 0; row < outputs; row += rows) {
    const last = Math.min(outputs, row + rows);
    const range = table.blob.slice(entry.offset + row * rowBytes, entry.offset + last * rowBytes);
    const values = singlesOf(await range.arrayBuffer(), entry.dtype);
    if (!values) return;
    for (let i = row; i < last; i++) {
      addRow(values.subarray((i - row) * inputs, (i + 1 - row) * inputs), factors, i);
    }
    const stored = dtype === 'f32' ? values : toHalfArray(values);
    if (stored instanceof Uint16Array && stored.some((half) => (half & 0x7c00) === 0x7c00)) return;
    yield new Uint8Array(stored.buffer);
  }
}

/** values += up[row] @ down. */
function addRow(values: Float32Array, { rank, up, down }: Factors, row: number): void {
  const inputs = values.length;
  const of = (index: number): number => up[row * rank + index] as number;
  for (let first = 0; first < rank; first += together) {
    const [a, b, c, d] = [of(first), of(first + 1), of(first + 2), of(first + 3)];
    const [e, f, g, h] = [of(first + 4), of(first + 5), of(first + 6), of(first + 7)];
    const start = first * inputs;
    for (let i = 0; i < inputs; i++) {
      const at = start + i;
      values[i] =
        (values[i] as number) +
        a * (down[at] as number) +
        b * (down[at + inputs] as number) +
        c * (down[at + 2 * inputs] as number) +
        d * (down[at + 3 * inputs] as number) +
        e * (down[at + 4 * inputs] as number) +
        f * (down[at + 5 * inputs] as number) +
        g * (down[at + 6 * inputs] as number) +
        h * (down[at + 7 * inputs] as number);
    }
  }
}

/** All changes of one tensor as one, of the sum of their ranks. */
async function factorsOf(changes: readonly LoraChange[], { shape }: TensorEntry): Promise<Result<Factors>> {
  const [outputs = 1] = shape;
  const inputs = valueCount(shape) / outputs;
  const ranks = changes.map(({ up }) => valueCount(up.shape) / outputs);
  const sum = ranks.reduce((a, b) => a + b, 0);
  const rank = Math.ceil(sum / together) * together;
  const [up, down] = [new Float32Array(outputs * rank), new Float32Array(rank * inputs)];
  let first = 0;
  for (const [index, change] of changes.entries()) {
    const read = await readChange(change);
    if (!read.ok) return read;
    const own = ranks[index] ?? 0;
    down.set(read.value.down, first * inputs);
    for (let row = 0; row < outputs; row++) {
      for (let i = 0; i < own; i++) {
        up[row * rank + first + i] = (read.value.up[row * own + i] as number) * read.value.scale;
      }
    }
    first += own;
  }
  return ok({ rank, up, down });
}

interface Read {
  readonly scale: number;
  readonly up: Float32Array;
  readonly down: Float32Array;
}

async function readChange({ lora, up, down, mid, alpha }: LoraChange): Promise<Result<Read>> {
  const values: Float32Array[] = [];
  for (const entry of [up, down, ...(mid ? [mid] : []), ...(alpha ? [alpha] : [])]) {
    const singles = await numbers(lora.table, entry);
    if (!singles) {
      return fail(
        'model-damaged',
        `The LoRA "${lora.name}" is damaged: "${entry.name}" holds values that are no numbers. Take another version of it.`,
        { reason: 'not-finite', file: lora.name, tensor: entry.name },
      );
    }
    values.push(singles);
  }
  const [ups = new Float32Array(), downs = new Float32Array(), ...rest] = values;
  const mids = mid ? rest[0] : undefined;
  const [rank = 1] = down.shape;
  const scale = (lora.weight * ((alpha ? rest.at(-1)?.[0] : undefined) ?? rank)) / rank;
  return ok({ scale, up: ups, down: mids && mid ? throughMiddle(downs, mids, mid.shape) : downs });
}

/** Null where one is no number. Whole numbers are rare (some write alpha so), and few. */
async function numbers(table: TensorTable, entry: TensorEntry): Promise<Float32Array | null> {
  const { buffer } = await tensorBytes(table, entry);
  const values =
    entry.dtype === 'i64'
      ? Float32Array.from(new BigInt64Array(buffer), Number)
      : singlesOf(buffer, entry.dtype);
  return values?.every(Number.isFinite) ? values : null;
}

/**
 * A k x k convolution between two 1 x 1 ones (LoCon, https://github.com/KohakuBlueleaf/LyCORIS): from down [rank, inputs]
 * and mid [middle, rank, k, k] to [middle, inputs, k, k].
 */
function throughMiddle(down: Float32Array, mid: Float32Array, shape: readonly number[]): Float32Array {
  const [middle = 1, rank = 1, ...kernel] = shape;
  const inputs = down.length / rank;
  const each = valueCount(kernel);
  const result = new Float32Array(middle * inputs * each);
  for (let m = 0; m < middle; m++) {
    for (let r = 0; r < rank; r++) {
      for (let i = 0; i < inputs; i++) {
        const value = down[r * inputs + i] as number;
        for (let k = 0; k < each; k++) {
          const at = (m * inputs + i) * each + k;
          result[at] = (result[at] as number) + value * (mid[(m * rank + r) * each + k] as number);
        }
      }
    }
  }
  return result;
}
