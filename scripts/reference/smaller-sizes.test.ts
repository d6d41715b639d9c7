/** Stable Diffusion 1.5 at its published size, from headers alone: whatever is measured, the proposed mix fits in 1.1 GB. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TensorSpec } from '../../src/architectures/architecture.ts';
import type { GivenWeights } from '../../src/architectures/diffusion/checkpoint-parts.ts';
import { findParts } from '../../src/architectures/diffusion/checkpoint.ts';
import { clip } from '../../src/architectures/diffusion/clip.ts';
import { storedBytes, type StoredPart } from '../../src/architectures/diffusion/store-parts.ts';
import { unet } from '../../src/architectures/diffusion/unet.ts';
import { vaeDecoder } from '../../src/architectures/diffusion/vae-decoder.ts';
import { vaeEncoder } from '../../src/architectures/diffusion/vae-encoder.ts';
import { invariant } from '../../src/base/assert.ts';
import { valueCount } from '../../src/formats/tensor-bytes.ts';
import { chooseMix, mixBytes, mixLimit, type PartOptions } from '../../src/models/diffusion-mix.ts';
import { sd1, text, vae } from './published-diffusion.ts';

function given(name: string, specs: readonly TensorSpec[]): GivenWeights {
  const tensors = specs.map(({ name: tensor, shape }) => {
    const bytes = 2 * valueCount(shape);
    return [tensor, { name: tensor, dtype: 'f16', shape, offset: 0, bytes }] as const;
  });
  return { name, table: { blob: new Blob(), tensors: new Map(tensors) }, notes: {} };
}

const found = findParts([
  given('unet/a.safetensors', unet.tensors(sd1)),
  given('text_encoder/a.safetensors', clip.tensors(text)),
  given('vae/a.safetensors', [...vaeEncoder.tensors(vae), ...vaeDecoder.tensors(vae)]),
]);
invariant(found.ok, 'not found');
const model = found.value;
const names: readonly StoredPart[] = ['unet', 'text-encoder', 'vae'];
const sizes = names.map((part) => ({
  part,
  half: storedBytes(model, part, 'half'),
  q8: storedBytes(model, part, 'q8'),
  q4: storedBytes(model, part, 'q4'),
}));

function optionsWith(drifts: readonly (readonly [number, number])[]): readonly PartOptions[] {
  return sizes.map(({ part, half, q8, q4 }, at) => ({
    part,
    options: [
      { storage: 'half', bytes: half, drift: 0 },
      { storage: 'q8', bytes: q8, drift: drifts[at]?.[0] ?? null },
      { storage: 'q4', bytes: q4, drift: drifts[at]?.[1] ?? null },
    ],
  }));
}

describe('a set of Stable Diffusion 1.5', () => {
  it('takes what docs/models.md tells of it', () => {
    const megabytes = sizes.map(({ half, q8, q4 }) => [half, q8, q4].map((bytes) => Math.round(bytes / 1e6)));
    expect(megabytes).toEqual([
      [1719, 877, 742],
      [246, 167, 124],
      [167, 84, 83],
    ]);
  });

  it('fits in 1.1 GB in the proposed mix, whatever was measured', () => {
    const drift = fc.double({ min: 0, max: 2, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(drift, drift), { minLength: 3, maxLength: 3 }), (drifts) => {
        const options = optionsWith(drifts);
        expect(mixLimit(options)).toBeLessThanOrEqual(1.1e9);
        expect(mixBytes(options, chooseMix(options, mixLimit(options)))).toBeLessThanOrEqual(1.1e9);
      }),
    );
  });
});
