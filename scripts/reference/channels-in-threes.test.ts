/** Convolutions of 6, 9, 15 and more channels, which onnxruntime's WebGPU kernel gets wrong in one piece. */

import { describe, expect, it } from 'vitest';
import { GraphBuilder } from '../../src/architectures/graph-builder.ts';
import { hasGpu, relativeError, runModel } from './diffusion-run.ts';
import { seeded, seededTable } from './seeded.ts';

const [height, width, outputs] = [6, 7, 8];

/** A 3x3 convolution of a map with zeros around it, by the definition. */
function convolved(
  map: Float32Array,
  weight: Float32Array,
  bias: Float32Array,
  inputs: number,
): Float32Array {
  const at = (channel: number, y: number, x: number): number =>
    y < 0 || x < 0 || y >= height || x >= width ? 0 : (map[(channel * height + y) * width + x] ?? 0);
  return Float32Array.from({ length: outputs * height * width }, (_, index) => {
    const [output, place] = [Math.floor(index / (height * width)), index % (height * width)];
    const [y, x] = [Math.floor(place / width), place % width];
    let sum = bias[output] ?? 0;
    for (let channel = 0; channel < inputs; channel++) {
      for (let step = 0; step < 9; step++) {
        const value = at(channel, y + Math.floor(step / 3) - 1, x + (step % 3) - 1);
        sum += value * (weight[(output * inputs + channel) * 9 + step] ?? 0);
      }
    }
    return sum;
  });
}

describe.each([3, 6, 9, 12, 15, 30])('a convolution of %i channels', (inputs) => {
  it.each(hasGpu ? (['cpu', 'webgpu'] as const) : (['cpu'] as const))(
    'is right on the %s (WebGPU only with VK_DRIVER_FILES)',
    async (on) => {
      const specs = [
        { name: 'c.weight', shape: [outputs, inputs, 3, 3] },
        { name: 'c.bias', shape: [outputs] },
      ];
      const table = seededTable(specs);
      const builder = new GraphBuilder(table, 'fp32', null, []);
      const shape = [1, inputs, height, width];
      const value = builder.convolution(builder.input('map', 'f32', shape), 'c');
      const model = builder.finishWith([{ name: 'out', value, shape: [1, outputs, height, width] }], 'test');
      const map = seeded('map', shape, -1, 1);
      const { out } = await runModel(model, table.blob, { map }, on);
      const most = Math.sqrt(3 / (inputs * 9));
      const weight = seeded('c.weight', [outputs, inputs, 3, 3], -most, most);
      const expected = convolved(map, weight, seeded('c.bias', [outputs], -0.1, 0.1), inputs);
      expect(relativeError(out ?? new Float32Array(), expected)).toBeLessThan(1e-5);
    },
  );
});
