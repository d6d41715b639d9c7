import { describe, expect, it } from 'vitest';
import type { Failure } from '../../base/errors.ts';
import { blobStore } from '../../formats/appended-table.ts';
import { TableWriter } from '../../formats/table-writer.ts';
import { valueCount } from '../../formats/tensor-bytes.ts';
import type { TensorTable } from '../../formats/tensor-table.ts';
import { packedMatrix } from '../packed.ts';
import { mergeLoras } from './lora-merge.ts';
import { quantiseTable } from './sample-quantised.ts';
import { planLoras, type GivenLora } from './lora.ts';
import type { LoraPart } from './lora-targets.ts';
import { packedIn, widenedValues } from './widened.ts';

function tableOf(shapes: Readonly<Record<string, readonly number[]>>, value = 0.5): TensorTable {
  const writer = new TableWriter();
  for (const [name, shape] of Object.entries(shapes)) {
    writer.add(name, 'f32', shape, new Float32Array(valueCount(shape)).fill(value));
  }
  return writer.finish();
}

const attention = 'down_blocks.0.attentions.0.transformer_blocks.0';
const kohya = `lora_unet_${attention.replaceAll('.', '_')}`;

const base = new Map<LoraPart, TensorTable>([
  ['unet', tableOf({ [`${attention}.attn2.to_k.weight`]: [320, 768], 'conv_in.weight': [320, 4, 3, 3] })],
  ['text-encoder', tableOf({ 'text_model.encoder.layers.0.self_attn.q_proj.weight': [768, 768] })],
]);

function lora(shapes: Readonly<Record<string, readonly number[]>>): GivenLora {
  return { name: 'style.safetensors', table: tableOf(shapes), weight: 1 };
}

function layer(name: string, inputs: number, outputs: number): Record<string, readonly number[]> {
  return { [`${name}.lora_down.weight`]: [4, inputs], [`${name}.lora_up.weight`]: [outputs, 4] };
}

function refusal(given: GivenLora, parts: ReadonlyMap<LoraPart, TensorTable> = base): Failure {
  const plan = planLoras(parts, [given]);
  if (plan.ok) throw new Error('It was taken');
  return plan.error;
}

describe('a LoRA that does not fit', () => {
  it.each([
    ['Stable Diffusion 2', layer(`${kohya}_attn2_to_k`, 1024, 320)],
    ['Stable Diffusion XL', layer(`${kohya}_attn2_to_k`, 2048, 640)],
    ['Stable Diffusion XL', layer('lora_te2_text_model_encoder_layers_0_mlp_fc1', 1280, 5120)],
    ['Stable Diffusion XL', layer('lora_unet_input_blocks_7_1_transformer_blocks_9_attn1_to_q', 1280, 1280)],
    ['Stable Diffusion 2', layer('lora_te_text_model_encoder_layers_0_self_attn_q_proj', 1024, 1024)],
    ['Flux', layer('lora_unet_double_blocks_0_img_attn_proj', 3072, 3072)],
    ['Stable Diffusion 3 or Flux', layer('transformer.transformer_blocks.0.attn.to_q', 1536, 1536)],
    ['another network', layer('lora_unet_something_else', 64, 64)],
  ])('is said to be for %s', (needs, shapes) => {
    const { code, message, detail } = refusal(lora(shapes));
    expect([code, detail?.['reason'], detail?.['needs']]).toEqual(['model-unsupported', 'lora-base', needs]);
    expect(message).toContain('style.safetensors');
    expect(message).toContain(needs);
    expect(message).toContain('this model is Stable Diffusion 1');
  });

  it('may be for the same family', () => {
    const shapes = { ...layer(`${kohya}_attn2_to_k`, 768, 320), ...layer('lora_unet_conv_in', 36, 64) };
    expect(refusal(lora(shapes)).message).toContain('for a network of another shape');
  });

  it('has ranks that differ', () => {
    const name = `${kohya}_attn2_to_k`;
    const shapes = { [`${name}.lora_down.weight`]: [4, 768], [`${name}.lora_up.weight`]: [320, 8] };
    expect(refusal(lora(shapes)).detail).toMatchObject({ reason: 'lora-base' });
  });

  it.each([
    ['LoHa', 'hada_w1_a'],
    ['LoKr', 'lokr_w2'],
    ['OFT', 'oft_blocks'],
    ['DoRA', 'dora_scale'],
    ['LyCORIS with whole tensors', 'diff'],
  ])('is a %s', (kind, end) => {
    const shapes = { ...layer('lora_unet_conv_in', 36, 320), [`lora_unet_conv_in.${end}`]: [4, 4] };
    expect(refusal(lora(shapes))).toMatchObject({
      code: 'model-unsupported',
      detail: { reason: 'lora-kind', kind },
    });
  });

  it('is half there', () => {
    const given = lora({ 'lora_unet_conv_in.lora_down.weight': [4, 4, 3, 3] });
    expect(refusal(given)).toMatchObject({ code: 'model-damaged', detail: { reason: 'lora-layer' } });
  });

  it("meets a base that is quantised in another program's way", () => {
    const writer = new TableWriter();
    writer.add('conv_in.weight', 'i8', [320, 4, 3, 3], new Int8Array(320 * 36));
    const refused = refusal(lora(layer('unet.conv_in', 36, 320)), new Map([['unet', writer.finish()]]));
    expect(refused).toMatchObject({
      code: 'model-unsupported',
      detail: { reason: 'lora-quantised', tensor: 'conv_in.weight' },
    });
  });
});

it('says which layers have no place, and takes the others', () => {
  const shapes = { ...layer('lora_unet_conv_in', 36, 320), ...layer('lora_te_text_model_final', 8, 8) };
  const plan = planLoras(base, [lora(shapes)]);
  if (!plan.ok) throw new Error(plan.error.message);
  expect(plan.value.left).toEqual([{ name: 'style.safetensors', left: 1, layers: 2 }]);
  expect([...(plan.value.changes.get('unet')?.keys() ?? [])]).toEqual(['conv_in.weight']);
});

describe('mergeLoras', () => {
  const shapes = layer('lora_unet_conv_in', 36, 320);
  const unet = base.get('unet');
  if (!unet) throw new Error('No UNet');

  async function merge(
    value: number,
    weight: number,
    compute: 'f16' | 'f32',
    go?: () => boolean,
  ): ReturnType<typeof mergeLoras> {
    const plan = planLoras(base, [{ name: 'a', table: tableOf(shapes, value), weight }]);
    if (!plan.ok || !unet) throw new Error('It was not taken');
    return mergeLoras(unet, plan.value.changes.get('unet') ?? new Map(), compute, blobStore(), go);
  }

  it('names a LoRA with values that are no numbers', async () => {
    expect(await merge(NaN, 1, 'f32')).toMatchObject({
      ok: false,
      error: { code: 'model-damaged', detail: { file: 'a' } },
    });
  });

  it('keeps fp32 where half precision would be infinite', async () => {
    const done = await merge(0.5, 1e6, 'f16');
    if (!done.ok) throw new Error(done.error.message);
    const entry = done.value.tensors.get('conv_in.weight');
    expect(entry?.dtype).toBe('f32');
    const start = entry?.offset ?? 0;
    const [first] = new Float32Array(await done.value.blob.slice(start, start + 4).arrayBuffer());
    expect(first).toBe(1e6 + 0.5);
  });

  it('ends when told so', async () => {
    expect(await merge(1, 1, 'f32', () => false)).toMatchObject({ ok: false, error: { code: 'cancelled' } });
  });
});

describe('a base of few bits', () => {
  const [dense, conv] = ['time_embedding.linear_1.weight', 'conv_in.weight'];
  const shapes = { [dense]: [16, 64], [conv]: [16, 4, 3, 3] };
  /** -1 to 1, without a pattern. */
  const scattered = (count: number, draw: number): Float32Array<ArrayBuffer> =>
    Float32Array.from({ length: count }, (_, at) => {
      const value = Math.sin(at * 12.9898 + draw * 78.233) * 43758.5453;
      return 2 * (value - Math.floor(value)) - 1;
    });

  function filled(of: Readonly<Record<string, readonly number[]>>, size: number, draw: number): TensorTable {
    const writer = new TableWriter();
    for (const [at, [name, shape]] of Object.entries(of).entries()) {
      const values = scattered(valueCount(shape), draw + at).map((value) => value * size);
      writer.add(name, 'f32', shape, values);
    }
    return writer.finish();
  }

  async function merged(unet: TensorTable, weights: TensorTable, size = 1): Promise<TensorTable> {
    const plan = planLoras(new Map([['unet', unet]]), [{ name: 'a', table: weights, weight: size }]);
    const changes = plan.ok ? plan.value.changes.get('unet') : undefined;
    if (!changes) throw new Error('It does not fit');
    const made = await mergeLoras(unet, changes, 'f32', blobStore());
    if (!made.ok) throw new Error(made.error.message);
    return made.value;
  }

  it.each([
    [8, true],
    [4, true],
    [4, false],
  ] as const)('of %i bits (symmetric: %s) is merged and stays so', async (bits, symmetric) => {
    const plain = filled(shapes, 0.1, 0);
    const plan = new Map(Object.keys(shapes).map((name) => [name, bits]));
    const packed = await quantiseTable(plain, plan, blobStore(), { symmetric });
    if (!packed) throw new Error('It was ended');
    const change = filled(
      { ...layer('unet.conv_in', 36, 16), ...layer('unet.time_embedding.linear_1', 64, 16) },
      0.2,
      9,
    );
    const [few, full] = [await merged(packed, change), await merged(plain, change)];
    for (const [name, wide] of [
      [dense, bits],
      [conv, 8],
    ] as const) {
      expect(packedIn(few, name)).toBe(wide);
      const [values, expected] = [await widenedValues(few, name), await widenedValues(full, name)];
      const before = await widenedValues(plain, name);
      const [off, moved] = [distance(values, expected), distance(before, expected)];
      // Twice rounded, where the change itself is much more.
      expect(off).toBeGreaterThan(0);
      expect(off).toBeLessThan(wide === 8 ? 0.01 : 0.15);
      expect(moved).toBeGreaterThan(0.4);
    }
    expect(packedMatrix(few, dense)?.zeros === null).toBe(symmetric);
  });

  it('becomes fp32 where few bits cannot hold what is merged', async () => {
    const plan = new Map([[dense, 4 as const]]);
    const packed = await quantiseTable(filled({ [dense]: [16, 64] }, 0.1, 0), plan, blobStore());
    if (!packed) throw new Error('It was ended');
    const few = await merged(packed, filled(layer('unet.time_embedding.linear_1', 64, 16), 1, 9), 1e6);
    expect([...few.tensors.values()].map(({ name, dtype }) => [name, dtype])).toEqual([[dense, 'f32']]);
  });
});

/** Relative, over all values. */
function distance(values: Float32Array | null, expected: Float32Array | null): number {
  let [off, size] = [0, 0];
  expected?.forEach((wanted, at) => {
    off += ((values?.[at] ?? NaN) - wanted) ** 2;
    size += wanted ** 2;
  });
  return Math.sqrt(off / size);
}
