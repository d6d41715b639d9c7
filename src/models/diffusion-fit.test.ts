/** Whether the offered sets are said to fit: on a computer, without half precision, on a phone, without a GPU. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { invariant } from '../base/assert.ts';
import { fitOf, residentValues, type FitDevice } from './diffusion-fit.ts';
import { itemsOf, parseDiffusionOffers } from './diffusion-offers.ts';

const path = new URL('../../public/models/diffusion.json', import.meta.url);
const parsed = parseDiffusionOffers(JSON.parse(readFileSync(path, 'utf8')));
invariant(parsed.ok, 'The catalogue is damaged');
const offers = parsed.value;
const computer: FitDevice = { backend: 'webgpu', half: true, memory: 8, phone: false };

function reasons(device: FitDevice | null): Record<string, string> {
  return Object.fromEntries(
    offers.sets.map((set) => {
      const parts = itemsOf(offers, set).flatMap((item) => item.parts);
      return [set.id, fitOf(parts, device).reason];
    }),
  );
}

describe('a set', () => {
  it.each([
    ['a computer with a GPU', computer, ['gpu', 'gpu', 'gpu', 'gpu']],
    ['one with 4 GB', { ...computer, memory: 4 }, ['little-memory', 'gpu', 'little-memory', 'gpu']],
    ['one that does not say', { ...computer, memory: null }, ['gpu', 'gpu', 'gpu', 'gpu']],
    [
      'a GPU without half precision',
      { ...computer, half: false },
      ['no-half-large', 'no-half', 'no-half-large', 'no-half'],
    ],
    ['a phone', { ...computer, phone: true }, ['phone-large', 'phone', 'phone-large', 'phone']],
    [
      'no GPU',
      { ...computer, backend: 'wasm' as const, half: false },
      ['cpu-large', 'cpu', 'cpu-large', 'cpu'],
    ],
    ['a device not looked at yet', null, ['unknown', 'unknown', 'unknown', 'unknown']],
  ])('on %s', (_, device, expected) => {
    expect(Object.values(reasons(device))).toEqual(expected);
  });

  it('needs the weights of what is resident at once, and room for tiles: 3.2 GB for the first', () => {
    const [set] = offers.sets;
    invariant(set, 'no set');
    const parts = itemsOf(offers, set).flatMap((item) => item.parts);
    expect(residentValues(parts)).toBe(859_520_964 + 361_279_120);
    expect(fitOf(parts, computer).need / 1e9).toBeCloseTo(3.24, 1);
    expect(residentValues([])).toBe(0);
  });
});
