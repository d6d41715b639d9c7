/** Attention of plain operators, some queries at a time, against the runtime's operator with all at once. */

import { expect, it } from 'vitest';
import { boundedAttention, queriesAtOnce } from '../../src/architectures/diffusion/bounded-attention.ts';
import { attention } from '../../src/architectures/diffusion/layers.ts';
import { GraphBuilder } from '../../src/architectures/graph-builder.ts';
import { relativeError, runModel } from './diffusion-run.ts';
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
