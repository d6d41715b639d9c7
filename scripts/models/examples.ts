/// <reference path="../../workers/codec/upng-js.d.ts" />
/** The example crops of a model: a small picture plainly enlarged, and the same through the network. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { decode } from 'fast-png';
import upng from 'upng-js';
import { rectOf, type Size } from '../../src/picture/geometry.ts';
import { Resampler } from '../../src/picture/resample.ts';
import { planesOf, rgbaOf } from './planes.ts';
import type { Network } from './run.ts';

/** A thumbnail of this many colours looks the same and is half as large. */
const colours = 256;

/** `picture` is in `pictures/`; `before` and `after` are the files to write. */
export async function writeExamples(
  network: Network,
  picture: string,
  before: string,
  after: string,
): Promise<void> {
  const small = planesOf(decode(readFileSync(join(import.meta.dirname, 'pictures', picture))));
  const large = await network.run(small);
  const resampler = new Resampler('bicubic', small, rectOf(small), large);
  const block = { width: small.width, height: small.height, data: rgbaOf(small) };
  write(before, large, resampler.run(block, rectOf(small), rectOf(large)).data);
  write(after, large, rgbaOf(large));
}

function write(
  path: string,
  { width, height }: Size,
  rgba: Uint8ClampedArray<ArrayBuffer> | Uint16Array,
): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, new Uint8Array(upng.encode([Uint8Array.from(rgba).buffer], width, height, colours)));
}
