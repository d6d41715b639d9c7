import { describe, expect, it } from 'vitest';
import { describePasses, type PassWords } from './describe.ts';
import { estimateSeconds } from './estimate.ts';
import { planPasses } from './plan-passes.ts';
import { sizePresets } from './presets.ts';
import type { Pass } from './passes.ts';
import type { SizeTarget, UpscaleStep } from './recipe.ts';

function passesOf(
  size: SizeTarget,
  kind: 'upscale' | 'resize' = 'upscale',
  more: Partial<UpscaleStep> = {},
): Pass[] {
  const step =
    kind === 'upscale'
      ? ({ kind, model: 'photo', size, ...more } as const)
      : ({ kind, filter: 'bilinear', size } as const);
  const scaleOf = (model: string): number => (model === 'twice' ? 2 : 4);
  const planned = planPasses({ width: 640, height: 360 }, { version: 1, steps: [step] }, scaleOf);
  if (!planned.ok) throw new Error(planned.error.message);
  return planned.value;
}

const sized =
  (before: string) =>
  (size: { width: number; height: number }): string =>
    `${before} ${size.width} × ${size.height}`;
const english: PassWords = {
  times: (scale) => `${scale}×`,
  to: { down: sized('down to'), up: sized('up to'), stretched: sized('stretched to'), same: sized('to') },
  chain: (words) => words.join(', then '),
  redrawn: (strength) => `redrawn at ${strength}`,
  unchanged: 'unchanged',
  mixed: (first, second) =>
    `${first.what} (${first.by}) and ${second.what} (${second.by}), ${first.share} : ${second.share}`,
  orientations: (count) => `${count} orientations`,
  alpha: (filter) => `alpha by ${filter}`,
  onto: (colour) => `on ${colour}`,
  remarked: (passes, remarks) => `${passes}; ${remarks.join('; ')}`,
};
const capitals = (id: string): string => id.toUpperCase();

describe('describePasses', () => {
  it.each([
    [{ by: 4 }, 'upscale', '4×'],
    [{ width: 3840, height: 2160, fit: 'crop' }, 'upscale', '4×, then 4×, then down to 3840 × 2160'],
    [{ by: 0.5 }, 'upscale', 'down to 320 × 180'],
    [{ by: 2 }, 'resize', 'up to 1280 × 720'],
    [{ width: 1280, height: 180, fit: 'stretch' }, 'resize', 'stretched to 1280 × 180'],
    [{ width: 2560, height: 1600, fit: 'pad' }, 'upscale', '4×, then to 2560 × 1600'],
    [{ by: 1 }, 'resize', 'unchanged'],
  ] as const)('%j by %s is %s', (size, kind, words) => {
    expect(describePasses(passesOf(size, kind), english, capitals)).toBe(words);
  });

  it.each<[SizeTarget, Partial<UpscaleStep>, string]>([
    [{ by: 4 }, { second: { model: 'art', visibility: 0.3 } }, '4× (PHOTO) and 4× (ART), 70 : 30'],
    [
      { by: 4 },
      { second: { model: 'twice', visibility: 0.5 } },
      '4× (PHOTO) and 2×, then 2× (TWICE), 50 : 50',
    ],
    [
      { by: 2 },
      { second: { model: 'lanczos3', visibility: 0.25 }, extraQuality: 8, alpha: 'nearest' },
      '4×, then down to 1280 × 720 (PHOTO) and up to 1280 × 720 (LANCZOS3), 75 : 25; 8 orientations; alpha by nearest',
    ],
    [{ by: 4 }, { second: { model: 'art', visibility: 0 } }, '4×'],
    [{ by: 4 }, { alpha: { onto: '#ffffff' } }, '4×; on #ffffff'],
    [{ by: 1 }, { alpha: { onto: '#ffffff' } }, 'unchanged; on #ffffff'],
  ])('%j with %j is %s', (size, more, words) => {
    expect(describePasses(passesOf(size, 'upscale', more), english, capitals)).toBe(words);
  });
});

describe('estimateSeconds', () => {
  it('adds the model passes up', () => {
    const passes = passesOf({ width: 3840, height: 2160, fit: 'crop' });
    expect(estimateSeconds(passes, () => 1000)).toBeCloseTo((640 * 360 * 17) / 1000, 6);
    expect(estimateSeconds(passesOf({ by: 2 }, 'resize'), () => null)).toBe(0);
  });

  it('counts every orientation, and both models', () => {
    const more = { extraQuality: 8, second: { model: 'twice', visibility: 0.5 } } as const;
    const passes = passesOf({ by: 4 }, 'upscale', more);
    const speeds: Record<string, number> = { photo: 1000, twice: 4000 };
    const seconds = 8 * 640 * 360 * (1 / 1000 + (1 + 4) / 4000);
    expect(estimateSeconds(passes, (model) => speeds[model] ?? null)).toBeCloseTo(seconds, 6);
    expect(estimateSeconds(passes, (model) => (model === 'photo' ? 1000 : null))).toBeNull();
  });

  it('knows nothing without a measured speed', () => {
    expect(estimateSeconds(passesOf({ by: 4 }), () => null)).toBeNull();
    expect(estimateSeconds(passesOf({ by: 4 }), () => 0)).toBeNull();
  });
});

describe('sizePresets', () => {
  it('keeps near the ratio of its group, from small to large', () => {
    for (const { ratio, sizes } of sizePresets) {
      const [across = NaN, down = NaN] = ratio.split(':').map(Number);
      for (const [i, { width, height }] of sizes.entries()) {
        expect(Math.abs(width / height / (across / down) - 1)).toBeLessThan(0.03);
        const before = sizes[i - 1];
        if (before) expect(width * height).toBeGreaterThan(before.width * before.height);
      }
    }
  });
});
