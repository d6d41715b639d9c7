/** The graphs of latent super-resolution, with small seeded weights, against diffusers' UNet2DModel and VQModel. */

import { describe, expect, it } from 'vitest';
import type { Structure } from '../../src/architectures/architecture.ts';
import { ldsrDecoder } from '../../src/architectures/diffusion/ldsr-decoder.ts';
import { ldsrUnet } from '../../src/architectures/diffusion/ldsr-unet.ts';
import type { Part } from '../../src/architectures/diffusion/part.ts';
import { TableWriter } from '../../src/formats/table-writer.ts';
import { fixtureTable, partErrors } from './diffusion-fixture.ts';
import { hasGpu } from './diffusion-run.ts';

const sides = [8, 16] as const;

function golden<S extends Structure>(part: Part<S>, fixture: string, structure: S): void {
  describe(`${part.kind} of ${fixture}`, () => {
    it('is told by its names and shapes', () => {
      expect(part.structure(fixtureTable(fixture))).toEqual(structure);
      expect(part.parse(structure)).toEqual(structure);
    });

    it('computes what diffusers computes', async () => {
      const errors = await partErrors(part, fixtureTable(fixture), fixture, 'fp32', sides);
      expect(errors.length).toBeGreaterThan(0);
      expect(Math.max(...errors)).toBeLessThan(1e-5);
    });

    it('computes nearly that in half precision', async () => {
      const errors = await partErrors(part, fixtureTable(fixture, 'f16'), fixture, 'fp16', sides);
      expect(Math.max(...errors)).toBeLessThan(2e-2);
    });

    it.skipIf(!hasGpu).each([
      ['fp32', 'f32', 1e-4],
      ['fp16', 'f16', 2e-2],
    ] as const)(
      'computes it in %s on a GPU (skipped without VK_DRIVER_FILES)',
      { timeout: 120_000 },
      async (precision, stored, tolerance) => {
        const table = fixtureTable(fixture, stored);
        const errors = await partErrors(part, table, fixture, precision, sides, 'webgpu');
        // Neither wrong nor the CPU's own values.
        errors.forEach((error) => expect(error).toBeGreaterThan(1e-9));
        expect(Math.max(...errors)).toBeLessThan(tolerance);
      },
    );
  });
}

const decoder = { widths: [32, 64, 96], layers: 2, latent: 3, quant: 1, attention: 1 } as const;

golden(ldsrUnet, 'ldsr/network', {
  widths: [32, 64, 64, 96],
  layers: 2,
  attends: [0, 0, 0, 1],
  head: 32,
  packed: 0,
});
golden(ldsrUnet, 'ldsr/network-attending', {
  widths: [64, 32, 64],
  layers: 1,
  attends: [0, 1, 1],
  head: 32,
  packed: 0,
});
golden(ldsrDecoder, 'ldsr/decoder', { ...decoder, codes: 64, code: 3 });

it('a codebook that is too large for one table of distances gives the same', async () => {
  const name = 'quantize.embedding.weight';
  const table = fixtureTable('ldsr/decoder');
  const small = table.tensors.get(name);
  if (!small) throw new Error('No codebook');
  const times = 8192;
  const few = new Float32Array(
    await table.blob.slice(small.offset, small.offset + small.bytes).arrayBuffer(),
  );
  const many = Float32Array.from({ length: times * few.length }, (_, at) => few[at % few.length] ?? 0);
  const writer = new TableWriter();
  for (const entry of table.tensors.values()) if (entry !== small) writer.keep(table, entry);
  writer.add(name, 'f32', [64 * times, 3], many);
  expect(
    Math.max(...(await partErrors(ldsrDecoder, writer.finish(), 'ldsr/decoder', 'fp32', sides))),
  ).toBeLessThan(1e-5);
});
