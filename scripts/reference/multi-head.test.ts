/** Attention of some heads at a time against that of all at once, run by the same operator. */

import { expect, it } from 'vitest';
import { GraphBuilder } from '../../src/architectures/graph-builder.ts';
import { slice } from '../../src/architectures/ops/channels-last.ts';
import { headsAtOnce, multiHead } from '../../src/architectures/ops/multi-head.ts';
import { writeOnnx } from '../../src/formats/onnx/writer.ts';
import { Network } from '../models/run.ts';

const size = { width: 40, height: 30 };
const [features, heads, keys] = [12, 6, 300];

it('makes as many heads at once as a tile of 160 x 160 pixels can bind', () => {
  expect(headsAtOnce({ heads: 6, keys: 64 })).toBe(6); // SwinIR
  expect(headsAtOnce({ heads: 6, keys: 256 })).toBe(3); // HAT
  expect(headsAtOnce({ heads: 6, keys: 576 })).toBe(2); // its larger windows
  expect(headsAtOnce({ heads: 4, keys: 5000 })).toBe(1);
});

/** The picture as pixels of 12 features, with a bias and a mask that differ everywhere. */
async function attended(split: boolean): Promise<Float32Array> {
  const builder = new GraphBuilder({ blob: new Blob(), tensors: new Map() }, 'fp32');
  const shaped = (value: string, shape: number[]): string =>
    builder.node('Reshape', [value, builder.integers(shape)]);
  const pixels = shaped('input', [1, keys, features]);
  const last = builder.node('Transpose', [pixels], { perm: { ints: [0, 2, 1] } });
  const apart = (count: number): string => {
    const list = slice(builder, last, 0, count, 1);
    return builder.node('Sub', [shaped(list, [1, count, keys, 1]), shaped(list, [1, count, 1, keys])]);
  };
  const [bias, mask] = [apart(heads), apart(1)];
  const output = split
    ? multiHead(builder, [pixels, pixels, pixels], { features, heads, keys }, bias, mask)
    : builder.contrib(
        'MultiHeadAttention',
        [pixels, pixels, pixels, '', '', builder.node('Add', [bias, mask])],
        { num_heads: { int: heads } },
      );
  const model = writeOnnx(builder.finish(output, 'attention'));
  const network = await Network.open({ model, external: [], scale: 1, io: 'f32' });
  const data = Float32Array.from({ length: features * keys }, (_, at) => Math.sin(at * at));
  const { data: values } = await network.run({ ...size, data });
  await network.release();
  return values;
}

it('gives what all heads at once give', async () => {
  const [whole, parts] = [await attended(false), await attended(true)];
  expect(parts.length).toBe(whole.length);
  whole.forEach((value, at) => {
    expect(Math.abs(value - (parts[at] ?? NaN))).toBeLessThan(1e-5);
  });
});
