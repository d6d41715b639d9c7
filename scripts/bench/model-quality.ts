/** How far the shipped models are from the published weights' own results: the figures of docs/models.md. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { bytesOf, planesOf } from '../models/planes.ts';
import { graphOf, Network, type Planes } from '../models/run.ts';
import { shippedModels } from '../models/shipped.ts';
import { compare } from '../reference/compare.ts';

const reference = join(import.meta.dirname, '../reference');
const picture = (path: string): Planes => planesOf(decode(readFileSync(join(reference, path))));

for (const { id } of shippedModels) {
  const file = readFileSync(join(import.meta.dirname, '../../public/models', `${id}.onnx`));
  const network = await Network.open(await graphOf(new Uint8Array(file), 'fp32'));
  const output = await network.run(picture('picture.png'));
  await network.release();
  const { most, mean, psnr } = compare(bytesOf(output), bytesOf(picture(`expected/${id}.png`)));
  console.log(`${id}: most ${most}, mean ${mean.toFixed(5)}, PSNR ${psnr.toFixed(1)} dB`);
}
