import { expect, it } from 'vitest';
import { differencePicture, gainFor, measureDifference } from './difference.ts';

const block = (...data: number[]) => ({ width: 2, height: 1, data: Uint8ClampedArray.from(data) });
const a = block(10, 20, 30, 255, 0, 0, 0, 0);
const b = block(10, 24, 29, 255, 0, 0, 0, 255);

it('measures colours and shows them brighter', () => {
  const { psnr, mean, largest } = measureDifference(a, b);
  expect(largest).toBe(4);
  expect(mean).toBeCloseTo(5 / 6);
  expect(psnr).toBeCloseTo(10 * Math.log10((255 * 255 * 6) / 17));
  expect([...differencePicture(a, b, 10)]).toEqual([0, 40, 10, 255, 0, 0, 0, 255]);
});

it('says of equal pictures that they are equal', () => {
  expect(measureDifference(a, a)).toEqual({ psnr: null, mean: 0, largest: 0 });
});

it('never makes more of a difference than can be shown', () => {
  expect([0, 1, 8, 100, 255].map(gainFor)).toEqual([32, 32, 31, 2, 1]);
});
