/** From files as a person gives them to tables, notes and configs. */

import { expect, it } from 'vitest';
import { writeSafetensors } from '../../formats/safetensors/writer.ts';
import { zeroTable } from '../empty-table.ts';
import { readDiffusionFiles } from './checkpoint-files.ts';

const table = zeroTable([{ name: 'a.weight', shape: [2, 3] }], 'fp32');
const text = (value: string): Blob => new Blob([value]);

it('reads weights with their notes, configs, and passes over what lies beside them', async () => {
  const files = [
    { name: 'm/unet/model.safetensors', blob: writeSafetensors(table, { 'modelspec.title': 'T' }) },
    { name: 'm/unet/config.json', blob: text('{"attention_head_dim": 8}') },
    { name: 'm/tokenizer/merges.txt', blob: text('a b') },
    { name: 'm/broken.json', blob: text('{') },
    { name: 'm/README.md', blob: text('# M') },
    { name: 'm/LICENSE', blob: text('Free') },
  ];
  const read = await readDiffusionFiles(files);
  if (!read.ok) throw new Error(read.error.message);
  const { weights, configs } = read.value;
  expect(weights.map(({ name, notes }) => [name, notes])).toEqual([
    ['m/unet/model.safetensors', { 'modelspec.title': 'T' }],
  ]);
  expect([...(weights[0]?.table.tensors.keys() ?? [])]).toEqual(['a.weight']);
  expect(configs).toEqual([{ name: 'm/unet/config.json', value: { attention_head_dim: 8 } }]);
});

it('says which file cannot be read', async () => {
  const read = await readDiffusionFiles([{ name: 'x.ckpt', blob: text('version https://git-lfs') }]);
  expect(read).toMatchObject({ ok: false, error: { code: 'model-unsupported' } });
  if (!read.ok) expect(read.error.message).toContain('"x.ckpt"');
});

it('finds no notes where there are none', async () => {
  const [blob, short] = [writeSafetensors(table, {}), text('short')];
  const read = await readDiffusionFiles([{ name: 'a.safetensors', blob }]);
  expect(read).toMatchObject({ ok: true, value: { weights: [{ notes: {} }] } });
  expect((await readDiffusionFiles([{ name: 'b.safetensors', blob: short }])).ok).toBe(false);
});
