/** Attention of plain operators, some queries at a time, against the runtime's operator with all at once. */

import { expect, it } from 'vitest';
import { attentionProbe, trustsFused } from '../../src/architectures/diffusion/attention-probe.ts';
import { boundedAttention, queriesAtOnce } from '../../src/architectures/diffusion/bounded-attention.ts';
import { attention } from '../../src/architectures/diffusion/layers.ts';
import { GraphBuilder } from '../../src/architectures/graph-builder.ts';
import { hasGpu, relativeError, runModel } from './diffusion-run.ts';
import { seeded } from './seeded.ts';

const width = 16;
const form = { batch: 2, width, heads: 8, queries: 1001, keys: 3000 };

async function attended(split: boolean): Promise<Float32Array> {
  const builder = new GraphBuilder({ blob: new Blob(), tensors: new Map() }, 'fp32', null, []);
  const input = (name: string, count: number) => builder.input(name, 'f32', [form.batch, count, width]);
  const qkv = [input('q', form.queries), input('k', form.keys), input('v', form.keys)] as const;
  const value = split ? boundedAttention(builder, qkv, form) : attention(builder, qkv, form.heads);
  const shape = [form.batch, form.queries, width];
  const model = builder.finishWith([{ name: 'output', value, shape }], 'attention');
  expect(model.nodes.filter(({ op }) => op === 'Softmax').length).toBe(split ? 2 : 0);
  const values = (name: string, count: number) => seeded(name, [form.batch, count, width], -4, 4);
  const inputs = { q: values('q', form.queries), k: values('k', form.keys), v: values('v', form.keys) };
  return (await runModel(model, new Blob(['none']), inputs))['output'] ?? new Float32Array();
}

it('gives what the operator of the runtime gives', async () => {
  expect(queriesAtOnce(form)).toBe(501); // of 1001: the parts differ
  expect(relativeError(await attended(true), await attended(false))).toBeLessThan(1e-6);
});

async function trusted(on: 'cpu' | 'webgpu', headWidths: readonly number[], spoil = 0): Promise<boolean> {
  const model = attentionProbe(headWidths, 'fp32');
  const inputs = new Map(
    model.inputs.map(({ name, shape }) => [name, seeded(name, (shape ?? []).map(Number), -2, 2)]),
  );
  const outputs = await runModel(model, new Blob(['none']), Object.fromEntries(inputs), on);
  if (spoil !== 0) outputs[`fused_${headWidths[0] ?? 0}`]?.fill(spoil, 0, 1);
  return trustsFused(outputs);
}

it('is known to be the same by a probe, or not', async () => {
  expect(await trusted('cpu', [40, 80, 160])).toBe(true);
  expect(await trusted('cpu', [64], NaN)).toBe(false);
  expect(await trusted('cpu', [64], 10)).toBe(false);
});

// Mesa's software driver is one where it differs, unless a head's width is no multiple of four: see half-precision.test.ts.
it.runIf(hasGpu)(
  'is known by it to differ (skipped without VK_DRIVER_FILES)',
  { timeout: 60_000 },
  async () => {
    expect(await trusted('webgpu', [30])).toBe(true);
    expect(await trusted('webgpu', [40])).toBe(false); // once this is true, the operator may be used
  },
);
