/** The shipped models, by the app's own road, against independent runs of the published weights. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Catalogue } from '../../src/models/card.ts';
import { bytesOf, planesOf } from '../models/planes.ts';
import { graphOf, Network, type Planes } from '../models/run.ts';
import { compare } from './compare.ts';

const models = join(import.meta.dirname, '../../public/models');
const catalogue = JSON.parse(readFileSync(join(models, 'catalogue.json'), 'utf8')) as Catalogue;

function picture(path: string): Planes {
  return planesOf(decode(readFileSync(join(import.meta.dirname, path))));
}

async function run(path: string, precision: 'fp16' | 'fp32', input: Planes): Promise<Planes> {
  const file = new Uint8Array(readFileSync(join(models, path)));
  const network = await Network.open(await graphOf(file, precision));
  const output = await network.run(input);
  await network.release();
  return output;
}

describe.each(catalogue.models)('$id', ({ id, stored, scale, file, source }) => {
  const input = picture('picture.png');
  const expected = picture(`expected/${id}.png`);
  let output: Planes;

  beforeAll(async () => {
    output = await run(file.path, 'fp32', input);
  });

  it('has the size that its scale says', () => {
    expect([output.width, output.height]).toEqual([input.width * scale, input.height * scale]);
    expect([expected.width, expected.height]).toEqual([output.width, output.height]);
  });

  it('makes the picture of the published weights', () => {
    const { most, mean, psnr } = compare(bytesOf(output), bytesOf(expected));
    // Weights that were published in 8 bits are kept as they are; only our own 8 bits cost something.
    const ourOwn8Bits = stored === 'q8' && source?.path.endsWith('model.json') !== true;
    if (ourOwn8Bits) {
      expect(psnr).toBeGreaterThanOrEqual(45);
    } else {
      expect(mean).toBeLessThanOrEqual(0.3);
      expect(most).toBeLessThanOrEqual(3);
    }
  });

  it('makes the same picture when it is asked to compute in half precision', async () => {
    const { most, mean } = compare(bytesOf(await run(file.path, 'fp16', input)), bytesOf(output));
    expect(mean).toBeLessThanOrEqual(0.5);
    expect(most).toBeLessThanOrEqual(6);
  });
});
