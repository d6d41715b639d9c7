import { describe, expect, it } from 'vitest';
import type { TensorEntry, TensorTable } from '../formats/tensor-table.ts';
import type { Structure } from './architecture.ts';
import type { Family } from './family.ts';
import {
  buildGraph,
  canonical,
  emptyTable,
  ncnnNames,
  networkCost,
  networkTensors,
  readModel,
  recognise,
} from './registry.ts';

const networks: [Family, Structure, number][] = [
  ['srvgg', { features: 64, convs: 32, scale: 4 }, 4],
  ['srvgg', { features: 24, convs: 1, scale: 2 }, 2],
  ['srvgg', { features: 16, convs: 2, scale: 1, channels: 1 }, 1],
  ['esrgan', { features: 64, growth: 32, blocks: 23 }, 4],
  ['esrgan', { features: 16, growth: 8, blocks: 1 }, 4],
  ['esrgan', { features: 16, growth: 8, blocks: 2, scale: 2, unshuffle: 2, plus: 1 }, 2],
  ['esrgan', { features: 8, growth: 4, blocks: 1, scale: 1, channels: 1 }, 1],
  ['rdn', { features: 64, growth: 64, blocks: 10, layers: 3, scale: 2 }, 2],
  ['rdn', { features: 16, growth: 8, blocks: 1, layers: 1, scale: 4 }, 4],
  ['rrdn', { features: 32, growth: 32, blocks: 10, dense: 3, layers: 4, scale: 4 }, 4],
  ['span', { features: 48, scale: 4, channels: 3, plain: 0, folded: 0 }, 4],
  ['span', { features: 16, scale: 1, channels: 3, plain: 0, folded: 1 }, 1],
  [
    'plksr',
    {
      features: 64,
      blocks: 28,
      scale: 4,
      kernel: 17,
      part: 16,
      mixer: [3, 3],
      real: 1,
      gate: 1,
      layerNorm: 0,
      dysample: 1,
      crossed: 0,
    },
    4,
  ],
  ['omnisr', { features: 64, groups: 5, blocks: 1, window: 8, scale: 4, positions: 1 }, 4],
  [
    'swinir',
    {
      features: 60,
      depths: [2, 3],
      heads: 6,
      window: 8,
      hidden: 120,
      channels: 3,
      ending: 3,
      grow: 4,
      end: 0,
      narrow: 0,
      qkvBias: 1,
      unshuffle: 1,
    },
    4,
  ],
  [
    'swin2sr',
    {
      features: 60,
      depths: [2],
      heads: 6,
      window: 8,
      hidden: 120,
      channels: 3,
      ending: 4,
      grow: 4,
      end: 64,
      narrow: 0,
      qkvBias: 1,
    },
    4,
  ],
  [
    'dat',
    {
      features: 60,
      depths: [3, 2],
      heads: 6,
      split: [8, 32],
      hidden: 120,
      scale: 4,
      end: 0,
      narrow: 1,
      qkvBias: 1,
    },
    4,
  ],
  [
    'rgt',
    {
      features: 180,
      depths: [2, 1],
      heads: 6,
      split: [8, 32],
      hidden: 360,
      reduced: 90,
      scale: 4,
      end: 64,
      narrow: 0,
      qkvBias: 1,
    },
    4,
  ],
  [
    'atd',
    {
      features: 48,
      depths: [2, 1],
      heads: 4,
      window: 16,
      category: 128,
      tokens: 64,
      reduced: 8,
      hidden: 48,
      kernel: 7,
      scale: 4,
      end: 0,
      narrow: 0,
      qkvBias: 1,
      meanless: 0,
    },
    4,
  ],
  [
    'hat',
    {
      features: 36,
      depths: [2, 1],
      heads: 6,
      window: 16,
      outer: 24,
      hidden: 72,
      narrowed: 12,
      squeezed: 4,
      scale: 4,
      end: 64,
      narrow: 0,
      qkvBias: 1,
    },
    4,
  ],
];

function changed(table: TensorTable, name: string, change: Partial<TensorEntry> | null): TensorTable {
  const tensors = new Map(table.tensors);
  const entry = tensors.get(name);
  if (!entry) throw new Error(`No ${name}`);
  if (change) tensors.set(name, { ...entry, ...change });
  else tensors.delete(name);
  return { ...table, tensors };
}

describe.each(networks)('%s %o', (family, structure, scale) => {
  it.each(['fp16', 'q8'] as const)('is recognised and built when stored as %s', (stored) => {
    const table = emptyTable(family, structure, stored);
    const network = recognise(table);
    expect(network).toEqual({ ok: true, value: { family, structure, scale } });
    if (!network.ok) return;
    for (const precision of ['fp32', 'fp16'] as const) {
      const graph = buildGraph(network.value, table, precision);
      expect(graph).toMatchObject({ ok: true, value: { scale, io: 'f32', external: [{ path: 'weights' }] } });
      if (graph.ok) expect(graph.value.model.length).toBeLessThan(400_000); // no weights inside
    }
  });

  it('is damaged when a tensor is missing or has another shape', () => {
    const table = emptyTable(family, structure, 'fp16');
    // A bias in the middle: no structure is read from it.
    const names = networkTensors(family, structure).map(({ name }) => name);
    const name = names.find((name, index) => index >= names.length / 2 && name.endsWith('.bias')) ?? '';
    for (const change of [null, { shape: [1, 1, 3, 3] }, { dtype: 'f64' } as const]) {
      const result = recognise(changed(table, name, change));
      expect(result).toMatchObject({ ok: false, error: { code: 'model-damaged' } });
      if (!result.ok) expect(result.error.message).toContain(name);
    }
  });

  it('is another network when there is one more tensor', () => {
    const table = emptyTable(family, structure, 'fp16');
    const tensors = new Map(table.tensors);
    tensors.set('attention.weight', {
      name: 'attention.weight',
      dtype: 'f16',
      shape: [1],
      offset: 0,
      bytes: 2,
    });
    const result = recognise({ ...table, tensors });
    expect(result).toMatchObject({ ok: false, error: { code: 'model-unrecognised' } });
  });

  it('costs something', () => {
    const { flopsPerPixel, bytesPerPixel, bindingPerPixel } = networkCost(family, structure);
    expect(flopsPerPixel).toBeGreaterThan(0);
    expect(bindingPerPixel).toBeGreaterThan(0);
    expect(bytesPerPixel).toBeGreaterThan(bindingPerPixel);
  });
});

describe('8-bit weights', () => {
  const table = emptyTable('rdn', { features: 16, growth: 8, blocks: 1, layers: 1, scale: 2 }, 'q8');

  it('need a scale that fits', () => {
    expect(recognise(changed(table, 'F_0.weight.scale', { shape: [16, 2, 1] }))).toMatchObject({ ok: true });
    for (const shape of [[16, 3, 1], [8, 2, 1], [2], [16, 0, 1], [16, 2, 3, 3]]) {
      const result = recognise(changed(table, 'F_0.weight.scale', { shape }));
      expect(result, String(shape)).toMatchObject({ ok: false, error: { code: 'model-damaged' } });
    }
    expect(recognise(changed(table, 'F_0.weight.scale', null))).toMatchObject({
      ok: false,
      error: { code: 'model-damaged' },
    });
  });
});

describe('files', () => {
  it('that are no model are damaged', async () => {
    for (const content of ['', 'not a model', 'x'.repeat(100_000)]) {
      const result = await readModel(new Blob([content]));
      expect(result).toMatchObject({ ok: false, error: { code: 'model-damaged' } });
    }
  });

  it('without tensors are not recognised', () => {
    expect(recognise({ blob: new Blob(), tensors: new Map() })).toMatchObject({
      ok: false,
      error: { code: 'model-unrecognised' },
    });
  });
});

describe('ncnn layers', () => {
  const layer = (type: string, weighty = true) => ({
    type,
    name: type,
    inputs: [],
    outputs: [],
    parameters: new Map<number, readonly number[]>(),
    weights: weighty
      ? [{ role: 'weight' as const, dtype: 'f16' as const, shape: [1], offset: 0, bytes: 2 }]
      : [],
  });

  it('of SRVGG are named in order', () => {
    const chain = ['Convolution', 'PReLU', 'Convolution', 'PReLU', 'Convolution'].map((type) => layer(type));
    expect(ncnnNames([...chain, layer('PixelShuffle', false)])).toEqual([
      'body.0',
      'body.1',
      'body.2',
      'body.3',
      'body.4',
    ]);
    expect(ncnnNames(chain)).toBeNull();
  });

  it('of RRDB are named in order', () => {
    const convolutions = Array.from({ length: 1 + 15 + 5 }, () => layer('Convolution'));
    const names = ncnnNames([...convolutions, layer('Eltwise', false)]);
    expect(names?.slice(0, 3)).toEqual(['conv_first', 'body.0.rdb1.conv1', 'body.0.rdb1.conv2']);
    expect(names?.slice(-6)).toEqual([
      'body.0.rdb3.conv5',
      'conv_body',
      'conv_up1',
      'conv_up2',
      'conv_hr',
      'conv_last',
    ]);
    const more = (count: number): ReturnType<typeof layer>[] =>
      Array.from({ length: count }, () => layer('Convolution'));
    const eightfold = ncnnNames([...convolutions, ...more(1), layer('Eltwise', false)]);
    expect(eightfold?.slice(-4)).toEqual(['conv_up2', 'conv_up3', 'conv_hr', 'conv_last']);
    expect(ncnnNames([...convolutions, ...more(3), layer('Eltwise', false)])).toBeNull();
  });
});

describe('canonical', () => {
  const table = emptyTable('srvgg', { features: 8, convs: 1, scale: 2 }, 'fp16');
  const wrapped = (prefix: string): [string, TensorEntry][] =>
    [...table.tensors].map(([name, entry]) => [prefix + name, { ...entry, name: prefix + name }]);

  it.each(['', 'module.', 'params.', 'params_ema.', 'state_dict.module.'])('sees through "%s"', (prefix) => {
    const seen = canonical({ ...table, tensors: new Map(wrapped(prefix)) });
    expect(seen.tensors).toEqual(table.tensors);
  });

  it('prefers averaged weights, and leaves what stands beside them', () => {
    const tensors = new Map([...wrapped('params.'), ...wrapped('params_ema.'), ...wrapped('optimizer.')]);
    const moved = tensors.get('params_ema.body.0.weight');
    if (moved) tensors.set('params_ema.body.0.weight', { ...moved, offset: 7 });
    const seen = canonical({ ...table, tensors });
    expect([...seen.tensors.keys()]).toEqual([...table.tensors.keys()]);
    expect(seen.tensors.get('body.0.weight')?.offset).toBe(7);
  });
});
