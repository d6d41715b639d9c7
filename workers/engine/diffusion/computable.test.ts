import { describe, expect, it } from 'vitest';
import { tinyDiffusion } from '../../../scripts/reference/tiny-diffusion.ts';
import { packedIn } from '../../../src/architectures/diffusion/widened.ts';
import { findParts } from '../../../src/architectures/diffusion/checkpoint.ts';
import { readDiffusionFiles } from '../../../src/architectures/diffusion/checkpoint-files.ts';
import { wholeModel, type WholeModel } from '../../../src/architectures/diffusion/checkpoint-whole.ts';
import { quantiseTable } from '../../../src/architectures/diffusion/sample-quantised.ts';
import type { Failure } from '../../../src/base/errors.ts';
import { blobStore } from '../../../src/formats/appended-table.ts';
import type { TensorTable } from '../../../src/formats/tensor-table.ts';
import { withDefaults } from '../../../src/recipes/refine.ts';
import { computableModel, computableTable } from './computable.ts';
import { loadDiffusion } from './load.ts';

const files = tinyDiffusion('epsilon', 'bf16');
/** Of the tiny model the text encoder is largest, then the UNet, then the VAE's halves. */
const bound = 3_000_000;

async function whole(given = files): Promise<WholeModel> {
  const read = await readDiffusionFiles(given);
  const found = read.ok ? findParts(read.value.weights, read.value.configs) : read;
  const model = found.ok ? wholeModel(found.value) : found;
  if (!model.ok) throw new Error(model.error.message);
  return model.value;
}

function dtypes({ tensors }: TensorTable): string[] {
  return [...new Set([...tensors.values()].map(({ dtype }) => dtype))].toSorted();
}

describe('on a device without half precision', () => {
  it('large parts become 8 bits, and one notice names them', async () => {
    const notices: Failure[] = [];
    const { text, unet, encoder, decoder } = await computableModel(await whole(), {
      precision: 'fp32',
      halves: false,
      widened: bound,
      notice: (notice) => notices.push(notice),
    });
    expect(dtypes(text.table)).toEqual(['f16', 'f32', 'u8']);
    // Looked up by the GPU, which takes no halves.
    expect(text.table.tensors.get('text_model.embeddings.token_embedding.weight')?.dtype).toBe('f32');
    expect(dtypes(unet.table)).toEqual(['f16', 'f32', 'i8', 'u8']);
    expect([dtypes(encoder.table), dtypes(decoder.table)]).toEqual([['f32'], ['f32']]);
    expect(notices).toMatchObject([{ code: 'fp16-missing', detail: { parts: 'text encoder, UNet' } }]);
  });

  it('nothing is packed again, nor said, where there are few bits already', async () => {
    const model = await whole();
    const plan = new Map([...model.unet.table.tensors.keys()].map((name) => [name, 4 as const]));
    const table = await quantiseTable(model.unet.table, plan, blobStore());
    if (!table) throw new Error('It was ended');
    const notices: Failure[] = [];
    const { unet } = await computableModel(
      { ...model, unet: { ...model.unet, table } },
      { precision: 'fp32', halves: false, widened: bound, notice: (notice) => notices.push(notice) },
    );
    expect(packedIn(unet.table, 'time_embedding.linear_1.weight')).toBe(4);
    expect(notices).toMatchObject([{ detail: { parts: 'text encoder' } }]);
  });

  it('vectors that are looked up are widened', async () => {
    const { text, unet } = await computableModel(await whole(tinyDiffusion('epsilon', 'f16')), {
      precision: 'fp32',
      halves: false,
    });
    const of = (name: string): string | undefined => text.table.tensors.get(`text_model.${name}`)?.dtype;
    expect(of('embeddings.token_embedding.weight')).toBe('f32');
    expect(of('encoder.layers.0.mlp.fc1.weight')).toBe('f16');
    expect(dtypes(unet.table)).toEqual(['f16']);
  });

  it('tiny models stay as exact as they are', async () => {
    const { unet, text } = await computableModel(await whole(), { precision: 'fp32', halves: false });
    expect([dtypes(unet.table), dtypes(text.table)]).toEqual([['f32'], ['f32']]);
  });
});

it('with half precision nothing becomes 8 bits', async () => {
  const { unet, text } = await computableModel(await whole(), { precision: 'fp16', widened: 0 });
  expect([dtypes(unet.table), dtypes(text.table)]).toEqual([['f16'], ['f16']]);
});

it('scales of few bits stay as exact as they are', async () => {
  const model = await whole();
  const plan = new Map([...model.unet.table.tensors.keys()].map((name) => [name, 8 as const]));
  const packed = await quantiseTable(model.unet.table, plan, blobStore());
  const table = packed && (await computableTable(packed, 'fp16'));
  expect(table?.tensors.get('conv_in.weight')?.dtype).toBe('i8');
  expect(table?.tensors.get('conv_in.weight.scale')?.dtype).toBe('f32');
  expect(table?.tensors.get('conv_in.bias')?.dtype).toBe('f16');
});

it('a model is loaded so', async () => {
  const step = withDefaults({ kind: 'refine', prompt: '' });
  const notices: Failure[] = [];
  const options = { precision: 'fp32', flash: false, halves: false, widened: bound, tags: [] } as const;
  const loaded = await loadDiffusion(files, step, { ...options, notice: (notice) => notices.push(notice) });
  if (!loaded.ok) throw new Error(loaded.error.message);
  const graph = loaded.value.model.unet.graph({ batch: 1, width: 8, height: 8, tokens: 77 }, 'fp32');
  if (!graph.ok || !('nodes' in graph.value)) throw new Error('There is no graph');
  const operators = new Set(graph.value.nodes.map(({ op }) => op));
  expect([operators.has('MatMulNBits'), operators.has('DequantizeLinear')]).toEqual([true, true]);
  expect(notices).toHaveLength(1);
});
