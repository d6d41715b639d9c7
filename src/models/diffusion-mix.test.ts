/** The mix of storages: least drift within the limit, the smallest where nothing fits, never a worse one than it must be. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseMix, mixBytes, mixLimit, type PartOptions, type StorageOption } from './diffusion-mix.ts';

const MB = 1e6;

function part(
  name: PartOptions['part'],
  [half, q8, q4]: readonly [number, number, number],
  [at8, at4]: readonly [number | null, number | null],
): PartOptions {
  return {
    part: name,
    options: [
      { storage: 'half', bytes: half * MB, drift: 0 },
      { storage: 'q8', bytes: q8 * MB, drift: at8 },
      { storage: 'q4', bytes: q4 * MB, drift: at4 },
    ],
  };
}

const unet = part('unet', [1719, 877, 742], [0.012, 0.06]);
const text = part('text-encoder', [246, 166, 124], [0.008, 0.09]);
const vae = part('vae', [167, 84, 83], [0.004, 0.02]);

describe('a set of Stable Diffusion 1.5', () => {
  const set = [unet, text, vae];

  it('fits in 1.1 GB, with four bits where they change least', () => {
    const limit = mixLimit(set);
    expect(limit / 1e9).toBeCloseTo(1.1, 3);
    const mix = chooseMix(set, limit);
    expect(Object.fromEntries(mix)).toEqual({ unet: 'q4', 'text-encoder': 'half', vae: 'q8' });
    expect(mixBytes(set, mix)).toBeLessThanOrEqual(1.1e9);
    const sturdy = part('text-encoder', [246, 166, 124], [0.008, 0.02]);
    const other = chooseMix([unet, sturdy, vae], limit);
    expect(Object.fromEntries(other)).toEqual({ unet: 'q8', 'text-encoder': 'q4', vae: 'q8' });
  });

  it('takes no four bits that nobody measured, even where it stays above the limit', () => {
    const blind = [
      part('unet', [1719, 877, 742], [null, null]),
      part('text-encoder', [246, 166, 124], [null, null]),
      vae,
    ];
    const mix = chooseMix(blind, mixLimit(blind));
    expect(mix.get('unet')).toBe('q8');
    expect(mix.get('text-encoder')).toBe('q8');
  });

  it('has a limit that grows and falls with the model', () => {
    const tiny = set.map(({ part: name, options }) => ({
      part: name,
      options: options.map((one) => ({ ...one, bytes: one.bytes / 4 })),
    }));
    expect(mixLimit(tiny)).toBeCloseTo(mixLimit(set) / 4);
    expect(chooseMix(tiny, mixLimit(tiny))).toEqual(chooseMix(set, mixLimit(set)));
  });
});

describe('a part alone', () => {
  it.each([unet, text, vae, part('controlnet', [723, 370, 310], [null, null])])(
    'is stored in 8 bits: $part',
    (alone) => {
      expect([...chooseMix([alone], mixLimit([alone]))]).toEqual([[alone.part, 'q8']]);
    },
  );

  it('that has 8 bits already goes on to four, or stays where those are larger', () => {
    const packed: PartOptions = { part: 'unet', options: unet.options.slice(1) };
    expect(chooseMix([packed], 800 * MB).get('unet')).toBe('q4');
    expect(chooseMix([packed], mixLimit([packed])).get('unet')).toBe('q8');
  });
});

const option = fc.record({
  storage: fc.constantFrom('half', 'q8', 'q4'),
  bytes: fc.integer({ min: 1, max: 2000 }),
  drift: fc.double({ min: 0, max: 1, noNaN: true }),
});
const options: fc.Arbitrary<readonly StorageOption[]> = fc.uniqueArray(option, {
  minLength: 1,
  maxLength: 3,
  selector: ({ storage }) => storage,
});
const someParts = fc
  .uniqueArray(fc.constantFrom('unet', 'text-encoder', 'vae', 'controlnet'), { minLength: 1 })
  .chain((names) => fc.tuple(...names.map((name) => fc.record({ part: fc.constant(name), options }))));

/** Every mix there is. */
function everyMix(parts: readonly PartOptions[]): readonly (readonly StorageOption[])[] {
  const [first, ...rest] = parts;
  if (!first) return [[]];
  return everyMix(rest).flatMap((mix) => first.options.map((one) => [one, ...mix]));
}

describe('any parts', () => {
  it('get the least drift within the limit, or the fewest bytes', () => {
    fc.assert(
      fc.property(someParts, fc.integer({ min: 0, max: 8000 }), (parts, limit) => {
        const mix = chooseMix(parts, limit);
        const bytes = mixBytes(parts, mix);
        const drift = (of: readonly StorageOption[]): number =>
          of.reduce((total, one) => total + (one.drift ?? 0) ** 2, 0);
        const chosen = parts.flatMap((one) =>
          one.options.filter(({ storage }) => storage === mix.get(one.part)),
        );
        expect(chosen).toHaveLength(parts.length);
        for (const other of everyMix(parts)) {
          const size = other.reduce((total, one) => total + one.bytes, 0);
          if (bytes > limit) expect(bytes).toBeLessThanOrEqual(size);
          else if (size <= limit) expect(drift(chosen)).toBeLessThanOrEqual(drift(other));
        }
      }),
    );
  });

  it('get no larger drift by a larger limit', () => {
    fc.assert(
      fc.property(someParts, fc.integer({ min: 0, max: 8000 }), fc.nat(2000), (parts, limit, more) => {
        const [small, large] = [chooseMix(parts, limit), chooseMix(parts, limit + more)];
        if (mixBytes(parts, small) > limit) return;
        const drift = (mix: typeof small): number =>
          parts.reduce((total, one) => {
            const found = one.options.find(({ storage }) => storage === mix.get(one.part));
            return total + (found?.drift ?? 0) ** 2;
          }, 0);
        expect(drift(large)).toBeLessThanOrEqual(drift(small));
      }),
    );
  });
});
