/** What Stable Diffusion 1.5 and its ControlNets take in each storage, as docs/models.md has it: from their structures, without weights. */

import { expect, it } from 'vitest';
import type { TensorSpec } from '../../src/architectures/architecture.ts';
import { findParts } from '../../src/architectures/diffusion/checkpoint.ts';
import { clip } from '../../src/architectures/diffusion/clip.ts';
import { controlnet } from '../../src/architectures/diffusion/controlnet.ts';
import { storedBytes, type StoredPart } from '../../src/architectures/diffusion/store-parts.ts';
import { unet } from '../../src/architectures/diffusion/unet.ts';
import { vaeDecoder } from '../../src/architectures/diffusion/vae-decoder.ts';
import { vaeEncoder } from '../../src/architectures/diffusion/vae-encoder.ts';
import { valueCount } from '../../src/formats/tensor-bytes.ts';
import type { TensorEntry, TensorTable } from '../../src/formats/tensor-table.ts';
import { down, hint, sd1, text, vae } from './published-diffusion.ts';

function tableOf(specs: readonly TensorSpec[]): TensorTable {
  const tensors = specs.map(({ name, shape }): [string, TensorEntry] => [
    name,
    { name, dtype: 'f32', shape, offset: 0, bytes: 4 * valueCount(shape) },
  ]);
  return { blob: new Blob(), tensors: new Map(tensors) };
}

it('in megabytes', () => {
  const found = findParts([
    { name: 'unet', table: tableOf(unet.tensors(sd1)) },
    { name: 'text', table: tableOf(clip.tensors(text)) },
    { name: 'vae', table: tableOf([...vaeEncoder.tensors(vae), ...vaeDecoder.tensors(vae)]) },
    { name: 'control', table: tableOf(controlnet.tensors({ ...down, ...hint })) },
  ]);
  if (!found.ok) throw new Error(found.error.message);
  const model = found.value;
  const sizes = (part: StoredPart): number[] =>
    (['half', 'q8', 'q4'] as const).map(
      (storage) => Math.round(storedBytes(model, part, storage) / 1e5) / 10,
    );
  expect(sizes('unet')).toEqual([1719.1, 877.3, 742.3]);
  expect(sizes('text-encoder')).toEqual([246.1, 166.5, 124.1]);
  expect(sizes('vae')).toEqual([167.3, 84, 82.9]);
  expect(sizes('controlnet')).toEqual([722.6, 369.9, 304.8]);
});
