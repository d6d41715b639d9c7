/** Two results side by side, exactly: the page could only read them through a canvas, which some browsers disturb. */

import { fail, ok, type Result } from '../../src/base/result.ts';
import { differencePicture, gainFor, measureDifference } from '../../src/picture/difference.ts';
import { rectOf } from '../../src/picture/geometry.ts';
import type { PixelBlock, PixelStore } from '../../src/picture/pixel-store.ts';
import type { Comparison } from '../../src/protocol/engine.ts';

export async function compare(one: PixelStore, other: PixelStore): Promise<Result<Comparison>> {
  const { width, height } = one;
  if (other.width !== width || other.height !== height) {
    return fail('internal', 'The pictures to compare are of different sizes.');
  }
  const [a, b] = await Promise.all([levelsOf(one), levelsOf(other)]);
  const measured = measureDifference(a, b);
  const gain = gainFor(measured.largest);
  const picture = await createImageBitmap(new ImageData(differencePicture(a, b, gain), width, height));
  return ok({ ...measured, gain, picture });
}

async function levelsOf(store: PixelStore): Promise<PixelBlock> {
  const block = await store.read(rectOf(store));
  if (store.depth === 8) return block;
  return { ...block, data: Uint8ClampedArray.from(block.data, (sample) => sample / 257) };
}
