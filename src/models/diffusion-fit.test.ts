/** Whether the offered sets are said to fit: on a computer, without half precision, on a phone, without a GPU. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { at, invariant } from '../base/assert.ts';
import { fitOf, fitOfKept, residentValues, type FitDevice } from './diffusion-fit.ts';
import { itemsOf, parseDiffusionOffers } from './diffusion-offers.ts';

const path = new URL('../../public/models/diffusion.json', import.meta.url);
const parsed = parseDiffusionOffers(JSON.parse(readFileSync(path, 'utf8')));
invariant(parsed.ok, 'The catalogue is damaged');
const offers = parsed.value;
const computer: FitDevice = { backend: 'webgpu', half: true, memory: 8, phone: false };

/** Of one of the sets, by its place in the list. */
function partsOf(index: number) {
  return itemsOf(offers, at(offers.sets, index)).flatMap((item) => item.parts);
}

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
      ['no-half', 'no-half', 'no-half', 'no-half'],
    ],
    ['a phone', { ...computer, phone: true }, ['phone-large', 'phone', 'phone-large', 'phone']],
    [
      'no GPU',
      { ...computer, backend: 'wasm' as const, half: false },
      ['cpu-slow', 'cpu', 'cpu-slow', 'cpu'],
    ],
    ['a device not looked at yet', null, ['unknown', 'unknown', 'unknown', 'unknown']],
  ])('on %s', (_, device, expected) => {
    expect(Object.values(reasons(device))).toEqual(expected);
  });

  it('needs the weights of what is resident at once, and room for a call: 3.4 GB for the first', () => {
    expect(residentValues(partsOf(0))).toBe(859_520_964 + 361_279_120);
    expect(fitOf(partsOf(0), computer).need / 1e9).toBeCloseTo(3.37, 1);
    // Without the ControlNet it is what the UNet takes, and of TAESD alone what that does.
    const without = partsOf(0).filter(({ kind }) => kind !== 'controlnet');
    expect(fitOf(without, computer).need / 1e9).toBeCloseTo(2.3, 1);
    expect(fitOf(partsOf(3), computer).need / 1e9).toBeCloseTo(0.16, 2);
    expect(residentValues([])).toBe(0);
  });

  it('needs about half as much for large parts where the GPU has no half precision, as they are run in 8 bits', () => {
    const plain = { ...computer, half: false };
    const fit = fitOf(partsOf(0), plain);
    expect(fit.need / 1e9).toBeCloseTo(2.69, 1);
    expect(fit.packed).toBe(fit.need);
    expect(fitOf(partsOf(0), computer).packed / 1e9).toBeCloseTo(2.22, 1);
    // A VAE's half is widened instead.
    const decoder = [{ kind: 'vae-decoder', values: 49_490_199 }] as const;
    expect(fitOf(decoder, plain).need / 1e9).toBeCloseTo(1.2, 1);
    const huge = [{ kind: 'unet', values: 2.6e9 }] as const;
    expect(fitOf(huge, plain)).toMatchObject({ verdict: 'too-large', reason: 'no-half-large' });
  });

  it('does not fit the CPU where weights and values are more than WebAssembly can address', () => {
    const parts = [{ kind: 'unet', values: 1.6e9 }] as const;
    const device = { ...computer, backend: 'wasm', half: false } as const;
    expect(fitOf(parts, device)).toMatchObject({ verdict: 'too-large', reason: 'cpu-large' });
  });
});

describe('kept files', () => {
  const parts = partsOf(0).filter(({ kind }) => kind !== 'controlnet' && kind !== 'lora');
  const values = parts.reduce((sum, part) => sum + part.values, 0);
  const plain: FitDevice = { ...computer, half: false };

  it('are reckoned by their own bytes where they have few bits or run as they are', () => {
    const half = fitOfKept({ parts, bytes: 2 * values }, computer);
    expect(half).toEqual(fitOf(parts, computer));
    const packed = fitOfKept({ parts, bytes: 1.06 * values }, plain);
    expect(packed).toMatchObject({ verdict: 'fits', reason: 'gpu' });
    expect(packed.need).toBeLessThan(half.need);
    const graphs = parts.map((part) => ({ ...part, ready: true as const }));
    const full = fitOfKept({ parts: graphs, bytes: 4 * values }, { ...computer, phone: true });
    expect(full).toMatchObject({ verdict: 'too-large', reason: 'phone-large' });
    expect(full.need).toBeGreaterThan(half.need);
  });
});
