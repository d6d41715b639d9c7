/** What is said of smaller copies: their names, and where one would help. */

import { describe, expect, it } from 'vitest';
import { canBeSmaller, eases, smallerName } from './diffusion-smaller.ts';

describe('the name of a smaller copy', () => {
  it.each([
    ['Old', ['half', 'q8', 'q8'], 'Old (8-bit)'],
    ['Old', ['q4'], 'Old (4-bit)'],
    ['Old', ['q4', 'q8', 'half'], 'Old (8 and 4 bits)'],
    ['Old (8-bit)', ['q4'], 'Old (4-bit)'],
    ['Old', ['half'], 'Old (fp16)'],
  ] as const)('tells how it is stored: %s in %s', (name, storages, expected) => {
    expect(smallerName(name, storages)).toBe(expected);
  });
});

const unet = { parts: [{ kind: 'unet', values: 859e6 }], bytes: 1719e6 } as const;
const gpu = { backend: 'webgpu', half: true, memory: 8, phone: false } as const;

describe('a smaller copy', () => {
  it('can be made of networks, and of nothing that is small as it is', () => {
    expect(canBeSmaller(unet)).toBe(true);
    expect(canBeSmaller({ parts: [{ kind: 'lora', values: 1e6 }] })).toBe(false);
    expect(canBeSmaller({ parts: [{ kind: 'taesd-decoder', values: 1e6 }] })).toBe(false);
  });

  it('is proposed where half precision is widened or does not fit', () => {
    expect(eases(unet, gpu)).toBe(false);
    expect(eases(unet, null)).toBe(false);
    expect(eases(unet, { ...gpu, half: false })).toBe(true);
    expect(eases(unet, { ...gpu, backend: 'wasm' })).toBe(true);
    expect(eases(unet, { ...gpu, phone: true })).toBe(true);
  });

  it('is not proposed for what is small, or has few bits already', () => {
    const plain = { ...gpu, half: false };
    expect(eases({ ...unet, bytes: 877e6 }, plain)).toBe(false);
    expect(eases({ parts: [{ kind: 'unet', values: 1e6 }], bytes: 2e6 }, plain)).toBe(false);
  });
});
