import { describe, expect, it } from 'vitest';
import { writeOnnx } from '../../formats/onnx/writer.ts';
import type { Structure, TensorSpec } from '../architecture.ts';
import { zeroTable } from '../empty-table.ts';
import { type CodebookStructure, ldsrDecoder } from './ldsr-decoder.ts';
import { ldsrMultiple, type LdsrStructure, ldsrUnet } from './ldsr-unet.ts';
import { buildPart, type Part } from './part.ts';
import { valueSizes } from './value-sizes.ts';
import { vaeDecoder } from './vae-decoder.ts';

const limit = 128 * 2 ** 20;

/** Of CompVis/ldm-super-resolution-4x-openimages. */
const network: LdsrStructure = {
  widths: [160, 320, 320, 640],
  layers: 2,
  attends: [0, 0, 0, 1],
  head: 32,
  packed: 0,
};
const decoder: CodebookStructure = {
  widths: [128, 256, 512],
  layers: 2,
  latent: 3,
  quant: 1,
  attention: 1,
  codes: 8192,
  code: 3,
};

function weights(specs: readonly TensorSpec[]): number {
  return specs.reduce((sum, { shape }) => sum + shape.reduce((product, side) => product * side, 1), 0);
}

function model<S extends Structure>(part: Part<S>, structure: S, side: number) {
  const table = zeroTable(part.tensors(structure), 'fp16');
  const built = buildPart(part, table, structure, { batch: 1, height: side, width: side, tokens: 1 }, 'fp16');
  if (!built.ok) throw new Error(built.error.message);
  return built.value;
}

describe('latent super-resolution', () => {
  it('has as many weights as the published network', () => {
    expect(weights(ldsrUnet.tensors(network))).toBe(113_622_563);
    expect(weights(ldsrUnet.tensors({ ...network, packed: 1 }))).toBe(113_622_563);
    expect(weights(ldsrDecoder.tensors(decoder))).toBe(32_985_359);
  });

  it('is told by names and shapes, and not taken for another part', () => {
    const table = zeroTable(ldsrUnet.tensors(network), 'fp16');
    expect(ldsrUnet.structure(table)).toEqual(network);
    const decoding = zeroTable(ldsrDecoder.tensors(decoder), 'fp16');
    expect(ldsrDecoder.structure(decoding)).toEqual(decoder);
    expect(vaeDecoder.structure(decoding)).toBeNull();
    expect(ldsrDecoder.structure(table)).toBeNull();
    expect(ldsrUnet.structure(decoding)).toBeNull();
  });

  it('keeps within a binding for 512 pixels in fp16, the distances to its codebook too', () => {
    for (const one of [model(ldsrUnet, network, 128), model(ldsrDecoder, decoder, 128)]) {
      const sizes = valueSizes(one);
      expect(sizes.length).toBeGreaterThan(200);
      expect(Math.max(...sizes.map(({ bytes }) => bytes))).toBeLessThanOrEqual(limit);
      expect(writeOnnx(one).length).toBeLessThan(200_000);
    }
  });

  it('takes latents whose sides are multiples of eight', () => {
    expect(ldsrMultiple(network)).toBe(8);
    expect(() => model(ldsrUnet, network, 12)).toThrow('multiples of 8');
  });

  it.each([
    ['a level without a flag', { attends: [0, 0, 1] }],
    ['a flag that is none', { attends: [0, 0, 0, 2] }],
    ['heads that do not fit', { head: 48 }],
    ['no layers', { layers: 0 }],
    ['half a matrix', { packed: 0.5 }],
  ])('is refused with %s', (_, change) => {
    expect(ldsrUnet.parse(network)).toEqual(network);
    expect(ldsrUnet.parse({ ...network, ...change })).toBeNull();
  });

  it('is refused without a codebook', () => {
    expect(ldsrDecoder.parse({ ...decoder, codes: 0 })).toBeNull();
    expect(ldsrDecoder.parse({ ...decoder, quant: 0 })).toBeNull();
  });
});
