/** The graphs of autoencoders, with small seeded weights, against diffusers' AutoencoderKL and AutoencoderTiny. */

import { describe, expect, it } from 'vitest';
import type { Structure } from '../../src/architectures/architecture.ts';
import type { Part } from '../../src/architectures/diffusion/part.ts';
import { taesdDecoder, taesdEncoder } from '../../src/architectures/diffusion/taesd.ts';
import { vaeDecoder } from '../../src/architectures/diffusion/vae-decoder.ts';
import { vaeEncoder } from '../../src/architectures/diffusion/vae-encoder.ts';
import { fixtureTable, partErrors, renamed } from './diffusion-fixture.ts';
import { hasGpu } from './diffusion-run.ts';

function golden<S extends Structure>(part: Part<S>, fixture: string, structure: S): void {
  describe(`${part.kind} of ${fixture}`, () => {
    it('is told by its names and shapes', () => {
      const table = fixtureTable(`vae/${fixture}`);
      expect(part.structure(table)).toEqual(structure);
      expect(part.parse(structure)).toEqual(structure);
    });

    it('computes what diffusers computes', async () => {
      const table = fixtureTable(`vae/${fixture}`);
      const errors = await partErrors(part, table, `vae/${fixture}`, 'fp32');
      expect(errors.length).toBeGreaterThan(0);
      expect(Math.max(...errors)).toBeLessThan(1e-5);
    });

    it('computes nearly that in half precision', async () => {
      const table = fixtureTable(`vae/${fixture}`, 'f16');
      expect(Math.max(...(await partErrors(part, table, `vae/${fixture}`, 'fp16')))).toBeLessThan(2e-2);
    });

    it.skipIf(!hasGpu).each([
      ['fp32', 'f32', 1e-4],
      ['fp16', 'f16', 2e-2],
    ] as const)(
      'computes it in %s on a GPU (skipped without VK_DRIVER_FILES)',
      { timeout: 120_000 },
      async (precision, stored, tolerance) => {
        const table = fixtureTable(`vae/${fixture}`, stored);
        const errors = await partErrors(part, table, `vae/${fixture}`, precision, [5, 7], 'webgpu');
        // Neither wrong nor the CPU's own values.
        errors.forEach((error) => expect(error).toBeGreaterThan(1e-9));
        expect(Math.max(...errors)).toBeLessThan(tolerance);
      },
    );
  });
}

const kl = {
  widths: [32, 64, 64, 96],
  layers: 2,
  latent: 4,
  quant: 1,
  attention: 1,
} as const;
const bare = { ...kl, widths: [64, 32, 32], layers: 1, latent: 16, quant: 0, attention: 0 } as const;

golden(vaeEncoder, 'kl', kl);
golden(vaeDecoder, 'kl', kl);
golden(vaeEncoder, 'kl-bare', bare);
golden(vaeDecoder, 'kl-bare', bare);
golden(taesdEncoder, 'tiny', { width: 64, latent: 4, blocks: [1, 3, 3, 3], numbered: 0 });
golden(taesdDecoder, 'tiny', { width: 64, latent: 4, blocks: [3, 3, 3, 1], numbered: 0 });
golden(taesdEncoder, 'tiny-cut', { width: 16, latent: 4, blocks: [1, 2, 1], numbered: 0 });
golden(taesdDecoder, 'tiny-cut', { width: 16, latent: 4, blocks: [2, 1, 1], numbered: 0 });

describe("TAESD under its author's numbers", () => {
  // Here the decoder's first layer is the bending of latents, so that all its numbers are larger by one.
  it.each([
    ['encoder', 0, taesdEncoder],
    ['decoder', 1, taesdDecoder],
  ] as const)('is the same %s', async (half, shift, part) => {
    const table = renamed(fixtureTable('vae/tiny'), (name) => {
      const [, mine, number, rest] = /^(\w+)\.layers\.(\d+)(.*)$/.exec(name) ?? [];
      return mine === half ? `${Number(number) + shift}${rest ?? ''}` : null;
    });
    expect(part.structure(table)).toMatchObject({ numbered: 1 });
    const other = half === 'encoder' ? taesdDecoder : taesdEncoder;
    expect(other.structure(table)).toBeNull();
    expect(Math.max(...(await partErrors(part, table, 'vae/tiny', 'fp32')))).toBeLessThan(1e-5);
  });
});
