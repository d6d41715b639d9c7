/**
 * The weights of a network in less room: in half precision, or in 8 bits with the ends in half precision
 * (docs/models.md tells what that costs). Tensor by tensor: no more than one of them is in memory.
 */

import { fromHalfArray, toHalfArray } from '../formats/float16.ts';
import { largestQuantised, quantise } from '../formats/quantise.ts';
import { tensorBytes, valueCount } from '../formats/tensor-bytes.ts';
import type { TensorEntry, TensorTable } from '../formats/tensor-table.ts';
import { TableWriter } from '../formats/table-writer.ts';
import type { TensorSpec } from './architecture.ts';
import type { Storage } from './empty-table.ts';
import { scaleName, zeroName } from './graph-builder.ts';
import { networkTensors, recognise, type Recognised } from './registry.ts';

export type SmallerStorage = Exclude<Storage, 'fp32'>;

/** Called between two tensors, with bytes of the table; nothing more is made once it answers `false`. */
export type Continue = (done: number, total: number) => boolean;

/** How many convolutions and matrices at either end keep fp16. */
const ends = 4;
/** Values that share a scale: 8 inputs of a convolution, and of a matrix as many as cost no more room. */
const inputsTogether = 8;
const valuesTogether = 32;
/** With fewer than these a scale takes too much of what the integers save. */
const leastTogether = 8;

/** Beyond this a value is infinite in half precision. */
const largestHalf = 65504;

/** Storages that take less room than the given one. */
export function smallerStorages(stored: Storage): readonly SmallerStorage[] {
  return stored === 'fp32' ? ['fp16', 'q8'] : stored === 'fp16' ? ['q8'] : [];
}

/**
 * The table with the network's convolutions, matrices and tables in `storage`. Biases, slopes, norms and whatever is
 * 8-bit already stay as they are, and so do values that half precision cannot hold. What the network does not need
 * (masks, index buffers) is left out where the rest tells its structure. Null when `go` ended it.
 */
export async function storeSmaller(
  table: TensorTable,
  network: Recognised,
  storage: SmallerStorage,
  go: Continue = () => true,
): Promise<TensorTable | null> {
  const specs = networkTensors(network.family, network.structure);
  const groups = storage === 'q8' ? grouped(specs) : new Map<string, number>();
  const entries = needed(table, network, specs);
  const total = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  const shapes = new Map(specs.map(({ name, shape }) => [name, shape]));
  const writer = new TableWriter();
  let done = 0;
  for (const entry of entries) {
    if (!go(done, total)) return null;
    const shape = shapes.get(entry.name) ?? [];
    if (shape.length < 2 || (entry.dtype !== 'f32' && entry.dtype !== 'f16')) writer.keep(table, entry);
    else await store(writer, table, entry, groups.get(entry.name));
    done += entry.bytes;
  }
  go(total, total);
  return writer.finish();
}

async function store(
  writer: TableWriter,
  table: TensorTable,
  entry: TensorEntry,
  group: number | undefined,
): Promise<void> {
  const { name, shape, dtype } = entry;
  if (dtype === 'f16' && group === undefined) {
    writer.keep(table, entry);
    return;
  }
  const { buffer } = await tensorBytes(table, entry);
  const values = dtype === 'f16' ? fromHalfArray(new Uint16Array(buffer)) : new Float32Array(buffer);
  const most = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  if (group !== undefined && most <= largestQuantised) {
    const [outputs = 1] = shape;
    const { integers, scales } = quantise(values, values.length / group);
    writer.add(name, 'i8', shape, integers);
    writer.add(scaleName(name), 'f16', [outputs, scales.length / outputs, 1], scales);
  } else if (dtype === 'f32' && most <= largestHalf) writer.add(name, 'f16', shape, toHalfArray(values));
  else writer.keep(table, entry);
}

/** How many values share a scale, of every tensor that becomes 8-bit. */
function grouped(specs: readonly TensorSpec[]): ReadonlyMap<string, number> {
  const matrices = specs.filter(
    ({ name, shape }) => (shape.length === 4 || shape.length === 2) && name.endsWith('.weight'),
  );
  const groups = new Map<string, number>();
  for (const { name, shape } of matrices.slice(ends, -ends)) {
    const [, inputs = 1] = shape;
    const each = valueCount(shape.slice(2));
    const most = Math.max(inputsTogether, Math.ceil(valuesTogether / each));
    const together = each * largestDivisor(inputs, most);
    if (together >= leastTogether) groups.set(name, together);
  }
  return groups;
}

function largestDivisor(value: number, most: number): number {
  for (let divisor = Math.min(value, most); divisor > 1; divisor--) if (value % divisor === 0) return divisor;
  return 1;
}

/** In the network's order. */
function needed(
  table: TensorTable,
  network: Recognised,
  specs: readonly TensorSpec[],
): readonly TensorEntry[] {
  const names = specs.flatMap(({ name }) => [name, scaleName(name), zeroName(name)]);
  const entries = [...new Set(names)].flatMap((name) => table.tensors.get(name) ?? []);
  const tensors = new Map(entries.map((entry) => [entry.name, entry]));
  const again = recognise({ blob: table.blob, tensors });
  const told =
    again.ok &&
    again.value.family === network.family &&
    JSON.stringify(again.value.structure) === JSON.stringify(network.structure);
  return told
    ? entries
    : [...entries, ...[...table.tensors.values()].filter(({ name }) => !tensors.has(name))];
}
