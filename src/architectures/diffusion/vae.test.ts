import { describe, expect, it } from 'vitest';
import { writeOnnx } from '../../formats/onnx/writer.ts';
import type { TensorSpec } from '../architecture.ts';
import { zeroTable } from '../empty-table.ts';
import type { Precision } from '../graph-builder.ts';
import { latentScaling } from './latent-scaling.ts';
import { buildPart, type Part } from './part.ts';
import { taesdDecoder, taesdEncoder, type TaesdStructure } from './taesd.ts';
import { valueSizes } from './value-sizes.ts';
import { vaeDecoder } from './vae-decoder.ts';
import { vaeEncoder } from './vae-encoder.ts';
import type { VaeStructure } from './vae-structure.ts';

const limit = 128 * 2 ** 20;

/** Of Stable Diffusion. */
const full: VaeStructure = {
  widths: [128, 256, 512, 512],
  layers: 2,
  latent: 4,
  quant: 1,
  attention: 1,
};
const tiny: TaesdStructure = { width: 64, latent: 4, blocks: [1, 3, 3, 3], numbered: 0 };

function weights(specs: readonly TensorSpec[]): number {
  return specs.reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0);
}

function sizes(part: Part<VaeStructure>, side: number, precision: Precision) {
  const table = zeroTable(part.tensors(full), precision);
  const form = { batch: 1, height: side / 8, width: side / 8, tokens: 1 };
  const built = buildPart(part, table, full, form, precision);
  if (!built.ok) throw new Error(built.error.message);
  return { sizes: valueSizes(built.value), written: writeOnnx(built.value).length };
}

function largest(part: Part<VaeStructure>, side: number, precision: Precision): number {
  return Math.max(...sizes(part, side, precision).sizes.map(({ bytes }) => bytes));
}

describe('autoencoders', () => {
  it('have as many weights as the published ones', () => {
    expect(weights(vaeEncoder.tensors(full)) - weights(vaeEncoder.tensors({ ...full, quant: 0 }))).toBe(72);
    expect(weights(vaeEncoder.tensors(full))).toBe(34_163_664);
    expect(weights(vaeDecoder.tensors(full))).toBe(49_490_199);
    expect(weights(taesdEncoder.tensors(tiny))).toBe(1_222_532);
    expect(weights(taesdDecoder.tensors({ ...tiny, blocks: [3, 3, 3, 1] }))).toBe(1_222_531);
  });

  it.each([vaeEncoder, vaeDecoder])('of 512 pixels keep within a binding in fp16 ($kind)', (part) => {
    const { sizes: all, written } = sizes(part, 512, 'fp16');
    expect(Math.max(...all.map(({ bytes }) => bytes))).toBeLessThanOrEqual(limit);
    expect(all.length).toBeGreaterThan(200);
    expect(written).toBeLessThan(100_000);
  });

  it('of larger pictures let the queries of their attention in part by part', () => {
    const { sizes: all } = sizes(vaeDecoder, 1024, 'fp32');
    // Before and after their softmax: some queries against all pixels. (The keys have 512 rows.)
    const logits = all.filter(({ shape: [, , rows, columns] }) => columns === 128 * 128 && rows !== 512);
    expect(logits.length).toBeGreaterThan(7);
    expect(Math.max(...logits.map(({ bytes }) => bytes))).toBeLessThanOrEqual(limit);
    expect(logits.reduce((sum, { shape }) => sum + (shape[2] ?? 0), 0)).toBe(2 * 128 * 128);
  });

  it('fit 128 MiB up to 512 pixels in half precision, 352 in full', () => {
    for (const [precision, tile] of [
      ['fp16', 512],
      ['fp32', 352],
    ] as const) {
      for (const part of [vaeEncoder, vaeDecoder]) {
        expect(largest(part, tile, precision)).toBeLessThanOrEqual(limit);
      }
      expect(largest(vaeDecoder, tile + 32, precision)).toBeGreaterThan(limit);
    }
  });
});

it('latents are scaled for the large autoencoder alone', () => {
  expect(latentScaling('vae-encoder')).toBe(0.18215);
  expect(latentScaling('vae-decoder')).toBe(0.18215);
  expect(latentScaling('taesd-encoder')).toBe(1);
  expect(latentScaling('taesd-decoder')).toBe(1);
});

it('an attention under unknown names is named as damage', () => {
  const table = zeroTable(vaeDecoder.tensors(full), 'fp16');
  const tensors = new Map(table.tensors);
  tensors.delete('decoder.mid_block.attentions.0.to_q.weight');
  const damaged = { ...table, tensors };
  const structure = vaeDecoder.structure(damaged);
  expect(structure).toEqual(full);
  const form = { batch: 1, height: 8, width: 8, tokens: 1 };
  expect(structure && buildPart(vaeDecoder, damaged, structure, form, 'fp16')).toMatchObject({
    ok: false,
    error: { code: 'model-damaged', detail: { tensor: 'decoder.mid_block.attentions.0.to_q.weight' } },
  });
});

it("a codebook's model has no posterior and no decoder of this kind", () => {
  const specs = [...vaeEncoder.tensors(full), ...vaeDecoder.tensors(full)];
  const table = zeroTable([...specs, { name: 'quantize.embedding.weight', shape: [16, 4] }], 'fp16');
  expect(vaeEncoder.structure(table)).toBeNull();
  expect(vaeDecoder.structure(table)).toBeNull();
});

describe('a structure in plain numbers', () => {
  it.each([
    ['widths that are no multiples of the groups', { ...full, widths: [128, 250] }],
    ['no widths', { ...full, widths: [] }],
    ['half a latent', { ...full, latent: 1.5 }],
    ['a flag that is none', { ...full, attention: 2 }],
  ])('is refused with %s', (_, given) => {
    expect(vaeEncoder.parse(given)).toBeNull();
    expect(vaeDecoder.parse(given)).toBeNull();
  });

  it('of TAESD is refused without blocks', () => {
    expect(taesdEncoder.parse({ ...tiny, blocks: [0, 3] })).toBeNull();
    expect(taesdDecoder.parse(tiny)).toEqual(tiny);
  });
});
