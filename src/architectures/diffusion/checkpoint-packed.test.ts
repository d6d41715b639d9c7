/** Files whose matrices and convolutions have few bits are found to be what they were made of, or said to be damaged. */

import { describe, expect, it } from 'vitest';
import { blobStore } from '../../formats/appended-table.ts';
import { valueCount } from '../../formats/tensor-bytes.ts';
import type { TensorEntry, TensorTable } from '../../formats/tensor-table.ts';
import type { TensorSpec } from '../architecture.ts';
import { findParts } from './checkpoint.ts';
import { clip } from './clip.ts';
import { controlnet } from './controlnet.ts';
import { ldsrDecoder } from './ldsr-decoder.ts';
import { ldsrUnet } from './ldsr-unet.ts';
import { buildPart } from './part.ts';
import { packable } from './quantise-table.ts';
import { coder, drawer as plainDrawer, reader } from './sample-files.ts';
import { quantiseTable } from './sample-quantised.ts';
import { taesdDecoder, taesdEncoder } from './taesd.ts';
import { unet } from './unet.ts';
import { vaeDecoder } from './vae-decoder.ts';
import { vaeEncoder } from './vae-encoder.ts';

/** Its projections as matrices, which few bits are for. */
const drawer = { ...plainDrawer, linear: 1 } as const;
const tiny = { width: 32, latent: 4, blocks: [1, 3, 3, 3], numbered: 0 } as const;
const enlarger = { widths: [32, 64], layers: 1, attends: [0, 1], head: 32, packed: 0 } as const;
const codes = {
  widths: [32, 64, 64],
  layers: 1,
  latent: 3,
  quant: 1,
  attention: 1,
  codes: 64,
  code: 3,
} as const;
const controller = { ...drawer, hintChannels: 3, hintWidths: [16, 32] };

function tableOf(specs: readonly TensorSpec[]): TensorTable {
  const tensors = specs.map(({ name, shape }): [string, TensorEntry] => [
    name,
    { name, dtype: 'f16', shape, offset: 0, bytes: 2 * valueCount(shape) },
  ]);
  const most = Math.max(...tensors.map(([, { bytes }]) => bytes));
  return { blob: new Blob([new Uint8Array(most)]), tensors: new Map(tensors) };
}

async function packed(specs: readonly TensorSpec[], bits: 4 | 8): Promise<TensorTable> {
  const plan = new Map([...packable(specs).keys()].map((name) => [name, bits]));
  const table = await quantiseTable(tableOf(specs), plan, blobStore());
  if (!table) throw new Error('It was ended');
  return table;
}

const kinds = {
  unet: [unet.tensors(drawer), drawer],
  'text-encoder': [clip.tensors(reader), reader],
  controlnet: [controlnet.tensors(controller), controller],
  'vae-encoder': [vaeEncoder.tensors(coder), coder],
  'vae-decoder': [vaeDecoder.tensors(coder), coder],
  'taesd-encoder': [taesdEncoder.tensors(tiny), tiny],
  'taesd-decoder': [taesdDecoder.tensors(tiny), tiny],
  'ldsr-unet': [ldsrUnet.tensors(enlarger), enlarger],
  'ldsr-decoder': [ldsrDecoder.tensors(codes), codes],
} as const;

describe.each(Object.keys(kinds) as (keyof typeof kinds)[])('%s', (kind) => {
  it.each([8, 4] as const)('of %i bits is what it was', async (bits) => {
    const [specs, structure] = kinds[kind];
    const table = await packed(specs, bits);
    for (const given of [table, under('state_dict.', table)]) {
      const found = findParts([{ name: 'a', table: given }]);
      if (!found.ok) throw new Error(found.error.message);
      const part = found.value.parts[kind];
      expect(structure).toMatchObject(part?.structure ?? { missing: kind });
      expect([...(part?.table.tensors.keys() ?? [])].toSorted()).toEqual(
        [...table.tensors.keys()].toSorted(),
      );
    }
  });
});

function under(prefix: string, { blob, tensors }: TensorTable): TensorTable {
  const moved = [...tensors].map(([name, entry]): [string, TensorEntry] => {
    return [prefix + name, { ...entry, name: prefix + name }];
  });
  return { blob, tensors: new Map(moved) };
}

describe('a file whose few bits nothing tells is damaged', () => {
  const matrix = 'time_embedding.linear_1.weight';
  const change = async (make: (tensors: Map<string, TensorEntry>) => void): Promise<unknown> => {
    const table = await packed(kinds.unet[0], 8);
    const tensors = new Map(table.tensors);
    make(tensors);
    const found = findParts([{ name: 'my file', table: { ...table, tensors } }]);
    return found.ok
      ? buildPart(unet, { ...table, tensors }, drawer, { batch: 1, height: 8, width: 8, tokens: 77 }, 'fp32')
      : found;
  };
  const reshape =
    (name: string, shape: readonly number[]) =>
    (tensors: Map<string, TensorEntry>): void => {
      const entry = tensors.get(name);
      if (entry) tensors.set(name, { ...entry, shape });
    };

  it.each([
    [
      'without scales',
      `${matrix}.q8`,
      (tensors: Map<string, TensorEntry>) => tensors.delete(`${matrix}.scales`),
    ],
    ['without values', matrix, (tensors: Map<string, TensorEntry>) => tensors.delete(`${matrix}.q8`)],
    ['of a block that is none', `${matrix}.q8`, reshape(`${matrix}.q8`, [128, 4, 8])],
    ['of scales for other blocks', `${matrix}.q8`, reshape(`${matrix}.scales`, [128, 2])],
    [
      'of a convolution alone',
      'conv_in.weight',
      (tensors: Map<string, TensorEntry>) => tensors.delete('conv_in.weight.scale'),
    ],
  ] as const)('%s', async (_, tensor, make) => {
    const refused = await change((tensors) => void make(tensors));
    expect(refused).toMatchObject({
      ok: false,
      error: { code: 'model-damaged', detail: { reason: 'packed', name: 'my file', tensor } },
    });
  });

  it('of a convolution with scales of another length, when its graph is written', async () => {
    const refused = await change(reshape('conv_in.weight.scale', [7]));
    expect(refused).toMatchObject({
      ok: false,
      error: { code: 'model-damaged', detail: { tensor: 'conv_in.weight' } },
    });
  });
});
