/** What a UNet's and a ControlNet's tables tell of them, and that graphs of any of their structures fit together. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { valueCount } from '../../formats/tensor-bytes.ts';
import type { TensorTable } from '../../formats/tensor-table.ts';
import type { Structure, TensorSpec } from '../architecture.ts';
import { queriesAtOnce } from './bounded-attention.ts';
import { controlnet } from './controlnet.ts';
import { buildPart } from './part.ts';
import { unetMultiple, unetUse, usualHeads } from './unet-structure.ts';
import { unet, unetWith } from './unet.ts';
import { valueShapes } from './value-shapes.ts';

const unheaded = {
  channels: 4,
  widths: [32, 64],
  layers: [1, 1],
  depths: [1, 0],
  middleLayers: 2,
  middleDepth: 1,
  context: 768,
  embedding: 128,
  condition: 0,
  linear: 0,
};
const down = { ...unheaded, heads: [8, 8] };
const up = { outputs: 4, upLayers: [2, 2], upDepths: [0, 1] };
const tiny = { ...down, ...up };
const hint = { hintChannels: 3, hintWidths: [16, 32, 96, 256] };

function tableOf(specs: readonly TensorSpec[]): TensorTable {
  const tensors = specs.map(({ name, shape }) => {
    return [name, { name, dtype: 'f16', shape, offset: 0, bytes: 2 * valueCount(shape) }] as const;
  });
  return { blob: new Blob(), tensors: new Map(tensors) };
}

function known<T>(value: T | null): T {
  if (value === null) throw new Error('Not known');
  return value;
}

describe('what a table tells', () => {
  const specs = unet.tensors(known(unet.parse(tiny)));
  const without = (name: string) => unet.structure(tableOf(specs.filter((spec) => spec.name !== name)));
  const beside = (name: string) => unet.structure(tableOf([...specs, { name, shape: [128] }]));

  it('is a UNet, or none where an end is missing', () => {
    expect(unet.structure(tableOf(specs))).toEqual(tiny);
    for (const name of ['conv_in.weight', 'conv_out.weight', 'time_embedding.linear_1.weight']) {
      expect(without(name)).toBeNull();
    }
  });

  it('is no UNet of ours where it takes what we do not give', () => {
    expect(beside('add_embedding.linear_1.weight')).toBeNull(); // SDXL
    expect(beside('class_embedding.weight')).toBeNull(); // The upscaler with a noise level
    expect(beside('something.else')).toEqual(tiny);
  });

  it('is a ControlNet by its hint, and then no UNet', () => {
    const structure = known(controlnet.parse({ ...down, ...hint }));
    const table = tableOf(controlnet.tensors(structure));
    expect(controlnet.structure(table)).toEqual({ ...down, ...hint });
    expect(unet.structure(table)).toBeNull();
    expect(controlnet.structure(tableOf(specs))).toBeNull();
  });

  it('names the tensor that a damaged file lacks', () => {
    const name = 'up_blocks.1.attentions.0.proj_out.bias';
    const table = tableOf(specs.filter((spec) => spec.name !== name));
    const form = { batch: 1, height: 8, width: 8, tokens: 77 };
    const built = buildPart(unet, table, known(unet.structure(table)), form, 'fp16');
    expect(built.ok ? '' : built.error.message).toContain(`"${name}" is missing`);
  });
});

it('takes heads from a config, and else counts them as Stable Diffusion does', () => {
  expect(usualHeads([320, 640, 1280, 1280], 768)).toEqual([8, 8, 8, 8]);
  expect(usualHeads([320, 640, 1280, 1280], 1024)).toEqual([5, 10, 20, 20]);
  expect(unet.parse({ ...tiny, heads: [2, 4] })?.heads).toEqual([2, 4]);
  expect(unet.parse({ ...unheaded, ...up })).toEqual(tiny);
});

it.each<[string, Partial<Record<string, number | number[]>>]>([
  ['lists of other lengths', { layers: [1, 1, 1] }],
  ['no groups of channels', { widths: [32, 50] }],
  ['heads that do not divide a width', { heads: [8, 7] }],
  ['blocks without a map to take', { upLayers: [3, 2] }],
  ['maps that nobody takes', { upLayers: [2, 1] }],
  ['attention in a middle without a place for it', { middleLayers: 1 }],
  ['half a transformer', { depths: [0.5, 0] }],
  ['no channels', { channels: 0 }],
])('refuses %s', (_, change) => {
  const changed = Object.entries({ ...tiny, ...change }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  expect(unet.parse(Object.fromEntries(changed))).toBeNull();
});

it('says what sides a latent map must have, and what a UNet of so many channels is for', () => {
  expect(unetMultiple({ ...tiny, widths: [320, 640, 1280, 1280] })).toBe(8);
  expect(unetMultiple({ ...tiny, widths: [320, 640, 1280] })).toBe(4);
  const table = tableOf(unet.tensors(tiny));
  const build = (height: number) =>
    buildPart(unet, table, tiny, { batch: 1, height, width: 8, tokens: 77 }, 'fp32');
  expect(build(10).ok).toBe(true);
  expect(() => build(9)).toThrow('multiples of 2');
  expect([4, 5, 7, 8, 9, 6].map(unetUse)).toEqual([
    'plain',
    'depth',
    'upscaler',
    'instruct',
    'inpaint',
    null,
  ]);
});

const structures = fc
  .record({
    levels: fc.array(
      fc.record({
        width: fc.integer({ min: 1, max: 4 }),
        layers: fc.integer({ min: 1, max: 3 }),
        depth: fc.integer({ min: 0, max: 2 }),
        heads: fc.constantFrom(1, 2, 8),
      }),
      { minLength: 1, maxLength: 5 },
    ),
    middleLayers: fc.integer({ min: 0, max: 3 }),
    first: fc.integer({ min: 1, max: 2 }),
    condition: fc.constantFrom(0, 16),
    linear: fc.constantFrom(0, 1),
    channels: fc.constantFrom(4, 9),
  })
  .map(({ levels, middleLayers, first, ...rest }): Structure => {
    // At least the first level attends: a UNet without text is another one.
    const depths = levels.map(({ depth }, index) => (index === 0 ? first : depth));
    return {
      ...rest,
      widths: levels.map(({ width }) => 32 * width),
      layers: levels.map(({ layers }) => layers),
      depths,
      heads: levels.map(({ heads }) => heads),
      middleLayers,
      middleDepth: middleLayers > 1 ? 1 : 0,
      context: 48,
      embedding: 64,
      outputs: 4,
      upLayers: levels.map(({ layers }) => layers + 1).reverse(),
      upDepths: depths.toReversed(),
    };
  });

it('has a graph over just its tensors, of which all shapes fit, whatever the structure', () => {
  fc.assert(
    fc.property(structures, fc.integer({ min: 1, max: 3 }), fc.boolean(), (given, batch, control) => {
      const structure = known(unet.parse(given));
      const specs = unet.tensors(structure);
      const table = tableOf(specs);
      expect(new Set(specs.map(({ name }) => name)).size).toBe(specs.length);
      const told = known(unet.structure(table));
      expect({ ...told, heads: structure.heads }).toEqual(structure);
      const side = unetMultiple(structure);
      const form = { batch, height: side, width: 3 * side, tokens: 5 };
      const built = buildPart(unetWith({ control }), table, structure, form, 'fp16');
      if (!built.ok) throw new Error(built.error.message);
      const { initializers, outputs } = built.value;
      const used = initializers.filter(({ data }) => 'location' in data).map(({ name }) => name);
      expect(used.sort()).toEqual(specs.map(({ name }) => name).sort());
      expect(valueShapes(built.value).get('noise')).toEqual(outputs[0]?.shape);
    }),
    { numRuns: 60 },
  );
});

it('holds as many queries against the keys at once as 128 MiB of logits allow', () => {
  const sides = fc.integer({ min: 1, max: 40_000 });
  const few = fc.integer({ min: 1, max: 20 });
  fc.assert(
    fc.property(few, few, sides, sides, (batch, heads, queries, keys) => {
      const together = queriesAtOnce({ batch, heads, queries, keys });
      const each = 4 * batch * heads * keys;
      expect(together * each <= 2 ** 27 || together === 1).toBe(true);
      const parts = Math.ceil(queries / together);
      // One part less would not do.
      expect(parts === 1 || Math.ceil(queries / (parts - 1)) * each > 2 ** 27).toBe(true);
    }),
  );
});
