import { expect, it } from 'vitest';
import { TableWriter } from '../../formats/table-writer.ts';
import { readEmbedding } from './embedding.ts';

function tableOf(tensors: Readonly<Record<string, readonly [number, number, number]>>): TableWriter {
  const writer = new TableWriter();
  for (const [name, [count, width, value]] of Object.entries(tensors)) {
    writer.add(name, 'f32', [count, width], new Float32Array(count * width).fill(value));
  }
  return writer;
}

it.each([
  ['no-embedding', 'model-unsupported', { 'conv.weight': [3, 3, 0] }],
  ['embedding-several', 'model-unsupported', { '<a>': [1, 768, 0], '<b>': [1, 768, 0] }],
  ['not-finite', 'model-damaged', { emb_params: [1, 768, NaN] }],
] as const)('refuses what is %s', async (reason, code, tensors) => {
  const read = await readEmbedding('a.b.pt', tableOf(tensors).finish(), 768);
  expect(read).toMatchObject({ ok: false, error: { code, detail: { reason, file: 'a.b.pt' } } });
});

it.each([
  ['C:\\words\\a.b.pt', 'a.b'],
  ['cat', 'cat'],
  ['.hidden', '.hidden'],
])('calls %s by its name', async (file, name) => {
  const read = await readEmbedding(file, tableOf({ emb_params: [3, 768, 0.5] }).finish(), 768);
  expect(read).toMatchObject({ ok: true, value: { name, vectors: 3, width: 768 } });
});
