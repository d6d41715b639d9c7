/**
 * What a network's context costs in truth: a region run with so many pixels around it, against the same
 * region of the whole picture. `npx tsx scripts/bench/model-context.ts ID SIDE PICTURE.png...`
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { cropPlanes, planesOf } from '../models/planes.ts';
import { graphOf, Network, type Planes } from '../models/run.ts';

const contexts = [8, 16, 24, 32, 40, 48, 56];
const [id = 'photo-fast', sideText = '48'] = process.argv.slice(2);
const side = Number(sideText);
const whole = side + 2 * Math.max(...contexts) + 40;

/** Largest and mean difference in 8-bit levels, clamped and rounded as in a saved picture. */
function difference(a: Planes, b: Planes): { most: number; mean: number } {
  const level = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * 255);
  let most = 0;
  let sum = 0;
  a.data.forEach((value, index) => {
    const off = Math.abs(level(value) - level(b.data[index] ?? 0));
    most = Math.max(most, off);
    sum += off;
  });
  return { most, mean: sum / a.data.length };
}

const folder = join(import.meta.dirname, '../../public/models');
const network = await Network.open(
  await graphOf(new Uint8Array(readFileSync(join(folder, `${id}.onnx`))), 'fp32'),
);
for (const path of process.argv.slice(4)) {
  const photo = planesOf(decode(readFileSync(path)));
  const x = Math.floor((photo.width - whole) / 2);
  const y = Math.floor((photo.height - whole) / 2);
  const picture = cropPlanes(photo, { x, y, width: whole, height: whole });
  const full = await network.run(picture);
  const scale = full.width / whole;
  const start = (whole - side) / 2;
  const inner = (from: number, size: number) => ({ x: from, y: from, width: size, height: size });
  const expected = cropPlanes(full, inner(start * scale, side * scale));
  for (const context of contexts) {
    const block = await network.run(cropPlanes(picture, inner(start - context, side + 2 * context)));
    const { most, mean } = difference(cropPlanes(block, inner(context * scale, side * scale)), expected);
    console.log(
      `${id} ${path.split('/').at(-1) ?? ''} context ${context}: most ${most}, mean ${mean.toFixed(3)}`,
    );
  }
}
