/** Latent super-resolution from other files: diffusers' early names, and single files of the paper's program. */

import { expect, it } from 'vitest';
import { ldsrDecoder } from '../../src/architectures/diffusion/ldsr-decoder.ts';
import { ldsrParts } from '../../src/architectures/diffusion/ldsr-names.ts';
import { ldsrUnet } from '../../src/architectures/diffusion/ldsr-unet.ts';
import { unet } from '../../src/architectures/diffusion/unet.ts';
import { TableWriter } from '../../src/formats/table-writer.ts';
import type { TensorEntry, TensorTable } from '../../src/formats/tensor-table.ts';
import { fixtureTable, partErrors, renamed } from './diffusion-fixture.ts';

const sides = [8, 16] as const;
const early: readonly (readonly [string, string])[] = [
  ['to_q', 'query'],
  ['to_k', 'key'],
  ['to_v', 'value'],
  ['to_out.0', 'proj_attn'],
];

function earlyName(name: string): string {
  const [now, then] = early.find(([one]) => name.includes(`.attentions.`) && name.includes(`.${one}.`)) ?? [];
  return now !== undefined && then !== undefined ? name.replace(`.${now}.`, `.${then}.`) : name;
}

/** The program's name of a tensor of `ldsr/network`: four levels of two blocks, attention in the last one. */
function programName(name: string): string {
  const [, side = '', level = 0, kind = '', layer = 0, rest = ''] =
    /^(down|mid|up)_block(?:s\.(\d+))?\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.*)$/.exec(
      name,
    ) ?? [];
  const [at, index] = [Number(level), Number(layer)];
  const inner = rest
    .replace('norm1', 'in_layers.0')
    .replace('conv1', 'in_layers.2')
    .replace('time_emb_proj', 'emb_layers.1')
    .replace('norm2', 'out_layers.0')
    .replace('conv2', 'out_layers.3')
    .replace('conv_shortcut', 'skip_connection')
    .replace('group_norm', 'norm')
    .replace('to_out.0', 'proj_out');
  const within = kind === 'attentions' ? 1 : 0;
  if (side === 'mid') return `middle_block.${kind === 'attentions' ? 1 : 2 * index}.${inner}`;
  if (kind === 'downsamplers') return `input_blocks.${3 * at + 3}.0.${inner.replace('conv', 'op')}`;
  if (kind === 'upsamplers') return `output_blocks.${3 * at + 2}.${at === 0 ? 2 : 1}.${inner}`;
  if (side === 'down') return `input_blocks.${3 * at + 1 + index}.${within}.${inner}`;
  if (side === 'up') return `output_blocks.${3 * at + index}.${within}.${inner}`;
  return name
    .replace('conv_in', 'input_blocks.0.0')
    .replace('time_embedding.linear_1', 'time_embed.0')
    .replace('time_embedding.linear_2', 'time_embed.2')
    .replace('conv_norm_out', 'out.0')
    .replace('conv_out', 'out.2');
}

/** The program's names, with queries, keys and values of one head after another in one 1x1 convolution. */
async function singleFile(table: TensorTable): Promise<TensorTable> {
  const writer = new TableWriter();
  const values = async ({ offset, bytes }: TensorEntry): Promise<Float32Array> =>
    new Float32Array(await table.blob.slice(offset, offset + bytes).arrayBuffer());
  for (const entry of table.tensors.values()) {
    const { name, shape } = entry;
    const prefix = 'model.diffusion_model.';
    if (/\.to_[kv]\./.test(name)) continue;
    if (!name.includes('.to_q.')) {
      const point = name.includes('.to_out.') && shape.length === 2;
      const moved = { ...entry, name: prefix + programName(name), shape: point ? [...shape, 1] : shape };
      writer.keep(table, moved);
      continue;
    }
    const three = await Promise.all(
      ['to_q', 'to_k', 'to_v'].map((one) => {
        const other = table.tensors.get(name.replace('to_q', one));
        if (!other) throw new Error(`No ${one} beside ${name}`);
        return values(other);
      }),
    );
    const [channels = 0, inputs = 1] = shape;
    const size = 32 * inputs;
    const packed = new Float32Array(3 * channels * inputs);
    for (let head = 0; head < channels / 32; head++) {
      three.forEach((one, at) =>
        packed.set(one.subarray(head * size, (head + 1) * size), (3 * head + at) * size),
      );
    }
    const sides = shape.length === 2 ? [3 * channels, inputs, 1] : [3 * channels];
    writer.add(prefix + programName(name.replace('to_q', 'qkv')), 'f32', sides, packed);
  }
  return writer.finish();
}

async function most(...given: Parameters<typeof partErrors>): Promise<number> {
  return Math.max(...(await partErrors(...given)));
}

it('reads the early names of the published weights', async () => {
  const found = ldsrParts(renamed(fixtureTable('ldsr/network'), earlyName));
  expect(found.decoder).toBeNull();
  expect(found.unet?.structure).toMatchObject({ widths: [32, 64, 64, 96], packed: 0 });
  if (found.unet)
    expect(await most(ldsrUnet, found.unet.table, 'ldsr/network', 'fp32', sides)).toBeLessThan(1e-5);
  const { decoder } = ldsrParts(renamed(fixtureTable('ldsr/decoder'), earlyName));
  expect(decoder?.structure).toMatchObject({ codes: 64, attention: 1 });
  if (decoder)
    expect(await most(ldsrDecoder, decoder.table, 'ldsr/decoder', 'fp32', sides)).toBeLessThan(1e-5);
});

it('reads a single file, whose attention has one matrix for all three', async () => {
  const { unet: found } = ldsrParts(await singleFile(fixtureTable('ldsr/network')));
  expect(found?.structure).toEqual({
    widths: [32, 64, 64, 96],
    layers: 2,
    attends: [0, 0, 0, 1],
    head: 32,
    packed: 1,
  });
  if (!found) return;
  expect(await most(ldsrUnet, found.table, 'ldsr/network', 'fp32', sides)).toBeLessThan(1e-5);
  expect(unet.structure(found.table)).toBeNull();
});

it('finds nothing of it in other models', () => {
  expect(ldsrParts(fixtureTable('vae/kl'))).toEqual({ unet: null, decoder: null });
  expect(ldsrParts(fixtureTable('vae/tiny'))).toEqual({ unet: null, decoder: null });
});
