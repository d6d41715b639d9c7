/**
 * Writes a diffusion model of a published size with made-up weights in fp16: `npm run bench -- made-up-diffusion sd1|small-sd|tiny-sd FOLDER`
 * as a folder in diffusers' layout, or with a FILE.safetensors in its place as one file.
 */

import { join } from 'node:path';
import { clip } from '../../src/architectures/diffusion/clip.ts';
import { unet } from '../../src/architectures/diffusion/unet.ts';
import { vaeDecoder } from '../../src/architectures/diffusion/vae-decoder.ts';
import { vaeEncoder } from '../../src/architectures/diffusion/vae-encoder.ts';
import { sd1, small, text, tiny, vae } from '../reference/published-diffusion.ts';
import { singleFile, writeMadeUp } from './made-up-weights.ts';

const unets = { sd1, 'small-sd': small, 'tiny-sd': tiny };

const [name = '', place] = process.argv.slice(2);
const denoiser = Object.entries(unets).find(([known]) => known === name)?.[1];
const inOne = place?.endsWith('.safetensors') ?? false;
if (!denoiser || place === undefined) {
  throw new Error(`Give ${Object.keys(unets).join(' or ')} and a folder or a .safetensors file.`);
}
const files = inOne
  ? { [place]: singleFile(denoiser) }
  : {
      [join(place, 'text_encoder/model.safetensors')]: clip.tensors(text),
      [join(place, 'unet/diffusion_pytorch_model.safetensors')]: unet.tensors(denoiser),
      [join(place, 'vae/diffusion_pytorch_model.safetensors')]: [
        ...vaeEncoder.tensors(vae),
        ...vaeDecoder.tensors(vae),
      ],
    };
for (const [path, specs] of Object.entries(files)) {
  console.log(`${path}: ${((await writeMadeUp(path, specs)) / 1e6).toFixed(0)} MB`);
}
