import fc from 'fast-check';
import { expect, it } from 'vitest';
import { invariant } from '../base/assert.ts';
import { fromHalf } from '../formats/float16.ts';
import { TableWriter } from '../formats/table-writer.ts';
import { tensorBytes, valueCount } from '../formats/tensor-bytes.ts';
import type { TensorEntry, TensorTable } from '../formats/tensor-table.ts';
import { scaleName } from './graph-builder.ts';
import { networkTensors, recognise, type Recognised } from './registry.ts';
import { smallerStorages, storeSmaller } from './smaller.ts';

/** A Compact network of 14 convolutions, its weights by `value`. */
function network(value: (index: number) => number): { table: TensorTable; recognised: Recognised } {
  const structure = { features: 16, convs: 12, scale: 2 };
  const writer = new TableWriter();
  for (const { name, shape } of networkTensors('srvgg', structure)) {
    writer.add(
      name,
      'f32',
      shape,
      Float32Array.from({ length: valueCount(shape) }, (_, i) => value(i)),
    );
  }
  const table = writer.finish();
  const recognised = recognise(table);
  invariant(recognised.ok, 'not recognised');
  return { table, recognised: recognised.value };
}

async function smaller(
  { table, recognised }: ReturnType<typeof network>,
  storage: 'fp16' | 'q8',
): Promise<TensorTable> {
  const stored = await storeSmaller(table, recognised, storage);
  invariant(stored, 'stopped');
  return stored;
}

async function valuesOf(table: TensorTable, name: string): Promise<readonly number[]> {
  const entry = table.tensors.get(name);
  invariant(entry, name);
  const { buffer } = await tensorBytes(table, entry);
  if (entry.dtype === 'f32') return [...new Float32Array(buffer)];
  return entry.dtype === 'i8' ? [...new Int8Array(buffer)] : Array.from(new Uint16Array(buffer), fromHalf);
}

function convolutions({ tensors }: TensorTable): readonly TensorEntry[] {
  return [...tensors.values()].filter(({ shape }) => shape.length === 4);
}

it('keeps names, shapes and order, the ends in half precision, and biases and slopes as they are', async () => {
  const given = network((i) => Math.sin(i));
  const stored = await smaller(given, 'q8');
  const own = [...stored.tensors.values()].filter(({ name }) => !name.endsWith('.scale'));
  const shapes = ({ name, shape }: TensorEntry): unknown => ({ name, shape });
  expect(own.map(shapes)).toEqual([...given.table.tensors.values()].map(shapes));
  expect(convolutions(stored).map(({ dtype }) => dtype)).toEqual([
    ...Array.from({ length: 4 }, () => 'f16'),
    ...Array.from({ length: 6 }, () => 'i8'),
    ...Array.from({ length: 4 }, () => 'f16'),
  ]);
  for (const { name, shape } of own.filter((entry) => entry.shape.length < 2)) {
    expect(stored.tensors.get(name), name).toMatchObject({ dtype: 'f32', shape });
    expect(await valuesOf(stored, name)).toEqual(await valuesOf(given.table, name));
  }
});

it('is off by at most half a step of a group', async () => {
  await fc.assert(
    fc.asyncProperty(fc.double({ min: 0.01, max: 500, noNaN: true }), async (most) => {
      const given = network((i) => Math.sin(i * 1.7) * most);
      const stored = await smaller(given, 'q8');
      for (const { name } of convolutions(stored).filter(({ dtype }) => dtype === 'i8')) {
        const [integers, scales, values] = await Promise.all([
          valuesOf(stored, name),
          valuesOf(stored, scaleName(name)),
          valuesOf(given.table, name),
        ]);
        const group = values.length / scales.length;
        for (const [i, value] of values.entries()) {
          const scale = scales[Math.floor(i / group)] ?? 0;
          expect(Math.abs((integers[i] ?? 0) * scale - value)).toBeLessThanOrEqual(scale * 0.5001);
        }
      }
    }),
    { numRuns: 5 },
  );
});

it('gives the same bytes again, and nothing more to make smaller', async () => {
  const given = network((i) => Math.cos(i));
  for (const storage of ['fp16', 'q8'] as const) {
    const [one, two] = [await smaller(given, storage), await smaller(given, storage)];
    expect(new Uint8Array(await one.blob.arrayBuffer())).toEqual(
      new Uint8Array(await two.blob.arrayBuffer()),
    );
    expect(smallerStorages(storage)).toEqual(storage === 'fp16' ? ['q8'] : []);
  }
});

it('makes of half precision the same 8 bits as of the fp32 that it stands for', async () => {
  const half = network((i) => Math.fround((i % 64) / 64 - 0.5));
  const once = await smaller(half, 'q8');
  const twice = await smaller({ ...half, table: await smaller(half, 'fp16') }, 'q8');
  expect(new Uint8Array(await twice.blob.arrayBuffer())).toEqual(
    new Uint8Array(await once.blob.arrayBuffer()),
  );
});

it('leaves in fp32 what half precision cannot hold', async () => {
  const stored = await smaller(
    network((i) => (i === 5 ? 7e4 : 0.1)),
    'fp16',
  );
  expect(convolutions(stored).every(({ dtype }) => dtype === 'f32')).toBe(true);
  const eight = await smaller(
    network((i) => (i === 5 ? 1e8 : 0.1)),
    'q8',
  );
  expect(convolutions(eight).every(({ dtype }) => dtype === 'f32')).toBe(true);
});

it('stops between two tensors', async () => {
  const { table, recognised } = network(() => 1);
  let calls = 0;
  expect(await storeSmaller(table, recognised, 'q8', () => ++calls < 4)).toBeNull();
  expect(calls).toBe(4);
});
