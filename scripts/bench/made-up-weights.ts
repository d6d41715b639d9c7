/** Writes a .safetensors file in fp16 with made-up weights, a piece at a time: speed and memory do not depend on the weights. */

import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { TensorSpec } from '../../src/architectures/architecture.ts';
import { clip } from '../../src/architectures/diffusion/clip.ts';
import type { UnetStructure } from '../../src/architectures/diffusion/unet-structure.ts';
import { unet } from '../../src/architectures/diffusion/unet.ts';
import { vaeDecoder } from '../../src/architectures/diffusion/vae-decoder.ts';
import { vaeEncoder } from '../../src/architectures/diffusion/vae-encoder.ts';
import { toHalfArray } from '../../src/formats/float16.ts';
import { valueCount } from '../../src/formats/tensor-bytes.ts';
import { sd1, text, vae } from '../reference/published-diffusion.ts';

/** Values made at once. */
const piece = 1 << 20;

/** The tensors of a model as they lie in one file, 2.1 GB of Stable Diffusion 1 in fp16: under the names of its own program. */
export function singleFile(denoiser: UnetStructure): TensorSpec[] {
  // Distilled UNets come under diffusers' names.
  const names = new Map([...(denoiser === sd1 ? storedNames('unet-1') : []), ...storedNames('vae')]);
  const renamed = (prefix: string, specs: readonly TensorSpec[]): TensorSpec[] =>
    specs.map(({ name, shape }) => {
      const stored = names.get(name) ?? `${prefix}${name}`;
      // The program's VAE attends by 1x1 convolutions.
      const point = shape.length === 2 && prefix === 'first_stage_model.';
      return { name: stored, shape: point ? [...shape, 1, 1] : shape };
    });
  return [
    ...renamed('model.diffusion_model.', unet.tensors(denoiser)),
    ...renamed('first_stage_model.', [...vaeEncoder.tensors(vae), ...vaeDecoder.tensors(vae)]),
    ...renamed('cond_stage_model.transformer.', clip.tensors(text)),
  ];
}

/** Diffusers' names to those of single files, by the lists of `diffusion-names.py`. */
function storedNames(list: string): [string, string][] {
  const path = join(import.meta.dirname, `../reference/diffusion/names/${list}.json`);
  const rows = JSON.parse(readFileSync(path, 'utf8')) as [string, number[], string][];
  return rows.map(([stored, , name]) => [name, stored]);
}

/** Makes the folder too. Bytes of the file. */
export async function writeMadeUp(file: string, specs: readonly TensorSpec[]): Promise<number> {
  const header: Record<string, object> = {};
  let end = 0;
  for (const { name, shape } of specs) {
    const bytes = 2 * valueCount(shape);
    header[name] = { dtype: 'F16', shape, data_offsets: [end, end + bytes] };
    end += bytes;
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const head = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(head.length - 8), true);
  head.set(json, 8);
  mkdirSync(dirname(file), { recursive: true });
  await pipeline(Readable.from(parts(head, specs)), createWriteStream(file));
  return head.length + end;
}

function* parts(head: Uint8Array, specs: readonly TensorSpec[]): Generator<Uint8Array> {
  yield head;
  for (const { name, shape } of specs) {
    const count = valueCount(shape);
    for (let start = 0; start < count; start += piece) {
      yield new Uint8Array(values(name, shape, Math.min(piece, count - start)).buffer);
    }
  }
}

/** Of a size at which what goes through the network keeps its spread. */
function values(tensor: string, shape: readonly number[], count: number): Uint16Array<ArrayBuffer> {
  if (shape.length === 1) return toHalfArray(new Float32Array(count).fill(tensor.endsWith('bias') ? 0 : 1));
  const most = tensor.includes('embedding.weight') ? 0.02 : Math.sqrt(3 / valueCount(shape.slice(1)));
  return toHalfArray(Float32Array.from({ length: count }, () => (Math.random() * 2 - 1) * most));
}
