/**
 * Writes a diffusion model of a published size with made-up weights in fp16, as a folder in diffusers' layout: `npm run bench -- made-up-diffusion
 * sd1|small-sd|tiny-sd FOLDER`. Speed and memory do not depend on the weights.
 */

import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TensorSpec } from '../../src/architectures/architecture.ts';
import { clip } from '../../src/architectures/diffusion/clip.ts';
import { unet } from '../../src/architectures/diffusion/unet.ts';
import { vaeDecoder } from '../../src/architectures/diffusion/vae-decoder.ts';
import { vaeEncoder } from '../../src/architectures/diffusion/vae-encoder.ts';
import { toHalfArray } from '../../src/formats/float16.ts';
import { valueCount } from '../../src/formats/tensor-bytes.ts';
import { sd1, small, text, tiny, vae } from '../reference/published-diffusion.ts';

const unets = { sd1, 'small-sd': small, 'tiny-sd': tiny };
/** Values made at once. */
const piece = 1 << 20;

const [name = '', folder] = process.argv.slice(2);
const denoiser = Object.entries(unets).find(([known]) => known === name)?.[1];
if (!denoiser || folder === undefined) {
  throw new Error(`Give ${Object.keys(unets).join(' or ')} and a folder.`);
}
await write('text_encoder/model.safetensors', clip.tensors(text));
await write('unet/diffusion_pytorch_model.safetensors', unet.tensors(denoiser));
await write('vae/diffusion_pytorch_model.safetensors', [
  ...vaeEncoder.tensors(vae),
  ...vaeDecoder.tensors(vae),
]);

async function write(path: string, specs: readonly TensorSpec[]): Promise<void> {
  const header: Record<string, object> = {};
  let end = 0;
  for (const { name: tensor, shape } of specs) {
    const bytes = 2 * valueCount(shape);
    header[tensor] = { dtype: 'F16', shape, data_offsets: [end, end + bytes] };
    end += bytes;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const head = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(head.length - 8), true);
  head.set(json, 8);
  const file = join(folder ?? '', path);
  mkdirSync(dirname(file), { recursive: true });
  await pipeline(Readable.from(parts(head, specs)), createWriteStream(file));
  console.log(`${file}: ${((head.length + end) / 1e6).toFixed(0)} MB`);
}

function* parts(head: Uint8Array, specs: readonly TensorSpec[]): Generator<Uint8Array> {
  yield head;
  for (const { name: tensor, shape } of specs) {
    const count = valueCount(shape);
    for (let start = 0; start < count; start += piece) {
      yield new Uint8Array(values(tensor, shape, Math.min(piece, count - start)).buffer);
    }
  }
}

/** Of a size at which what goes through the network keeps its spread. */
function values(tensor: string, shape: readonly number[], count: number): Uint16Array<ArrayBuffer> {
  if (shape.length === 1) return toHalfArray(new Float32Array(count).fill(tensor.endsWith('bias') ? 0 : 1));
  const most = tensor.includes('embedding.weight') ? 0.02 : Math.sqrt(3 / valueCount(shape.slice(1)));
  return toHalfArray(Float32Array.from({ length: count }, () => (Math.random() * 2 - 1) * most));
}
