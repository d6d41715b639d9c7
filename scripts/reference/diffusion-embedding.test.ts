/** Textual inversions as torch and safetensors save them (`diffusion-embedding.py`). */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Result } from '../../src/base/result.ts';
import { readEmbedding, type Embedding } from '../../src/architectures/diffusion/embedding.ts';
import { readWeights } from '../../src/formats/weights-file.ts';

const folder = join(import.meta.dirname, 'diffusion', 'embedding');

async function read(name: string, width: number): Promise<Result<Embedding>> {
  const file = await readWeights([{ name, blob: new Blob([readFileSync(join(folder, name))]) }]);
  if (!file.ok) throw new Error(file.error.message);
  if (!('table' in file.value)) throw new Error('No table');
  return readEmbedding(`embeddings/${name}`, file.value.table, width);
}

it.each([
  ['automatic1111.pt', 2, 768],
  ['original.pt', 2, 768],
  ['original-2019.pt', 2, 768],
  ['learned_embeds.bin', 1, 768],
  ['kohya.safetensors', 2, 768],
  ['wide.safetensors', 2, 1024],
])('reads %s', async (file, vectors, width) => {
  const embedding = await read(file, width);
  if (!embedding.ok) throw new Error(embedding.error.message);
  const { values, ...rest } = embedding.value;
  expect(rest).toEqual({ name: file.replace(/\.\w+$/, ''), vectors, width });
  const expected = Float32Array.from({ length: vectors * width }, (_, i) => (i % 251) / 125 - 1);
  const most = values.reduce((max, value, i) => Math.max(max, Math.abs(value - (expected[i] ?? NaN))), 0);
  expect(most).toBeLessThan(file === 'kohya.safetensors' ? 5e-4 : 1e-6);
});

it.each([
  ['automatic1111.pt', 1024, 'Stable Diffusion 1', 'Stable Diffusion 2'],
  ['wide.safetensors', 768, 'Stable Diffusion 2', 'Stable Diffusion 1'],
  ['xl.safetensors', 768, 'Stable Diffusion XL', 'Stable Diffusion 1'],
])('refuses %s for %i by the names of both', async (file, width, needs, base) => {
  const refused = await read(file, width);
  expect(refused).toMatchObject({ ok: false, error: { code: 'model-unsupported', detail: { needs, base } } });
  if (!refused.ok) expect(refused.error.message).toContain(needs);
});
