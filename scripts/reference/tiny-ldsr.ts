/** Latent super-resolution with tiny seeded weights, as the files of a folder in diffusers' layout, or as one. */

import { ldsrDecoder } from '../../src/architectures/diffusion/ldsr-decoder.ts';
import { ldsrUnet } from '../../src/architectures/diffusion/ldsr-unet.ts';
import type { NamedBlob } from '../../src/formats/weights-file.ts';
import { tinyFile, tinyValues } from './tiny-diffusion.ts';

const network = { widths: [32, 64, 64, 96], layers: 1, attends: [0, 0, 0, 1], head: 32, packed: 0 } as const;
const decoder = {
  widths: [32, 32, 64],
  layers: 1,
  latent: 3,
  quant: 1,
  attention: 1,
  codes: 64,
  code: 3,
} as const;

export function tinyLdsr(form: 'folder' | 'single' = 'folder'): NamedBlob[] {
  const [first, second] = [ldsrUnet.tensors(network), ldsrDecoder.tensors(decoder)];
  if (form === 'folder') {
    return [
      tinyFile('unet/diffusion_pytorch_model.safetensors', first),
      tinyFile('vqvae/diffusion_pytorch_model.safetensors', second),
    ];
  }
  const prefixed = [
    ...first.map((spec) => ({ ...spec, name: `model.diffusion_model.${spec.name}` })),
    ...second.map((spec) => ({ ...spec, name: `first_stage_model.${spec.name}` })),
  ];
  const plain = /^(model\.diffusion_model|first_stage_model)\./;
  return [
    tinyFile('last.ckpt', prefixed, 'f32', (name, _, shape) => tinyValues(name.replace(plain, ''), shape)),
  ];
}
