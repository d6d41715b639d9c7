import { describe, expect, it } from 'vitest';
import { describePasses } from './describe.ts';
import { sourcesOf } from './pass-order.ts';
import { outputSize, planPasses } from './plan-passes.ts';
import type { Recipe, Step } from './recipe.ts';
import { refineDefaults, type RefineStep } from './refine.ts';
import { parseRecipe } from './validate.ts';

const photo = { width: 640, height: 480 };
const enlarge: Step = { kind: 'upscale', model: 'photo', size: { by: 2 } };

function passesOf(...steps: Step[]) {
  const planned = planPasses(photo, { version: 1, steps }, () => 2);
  if (!planned.ok) throw new Error(planned.error.message);
  return planned.value;
}

describe('a refine step', () => {
  it('redraws what is there and then gives it its colours back', () => {
    const passes = passesOf(enlarge, { kind: 'refine', prompt: 'a cat', strength: 0.3 });
    expect(passes.map(({ kind }, i) => [kind, ...sourcesOf(passes, i)].join(' '))).toEqual([
      'model picture',
      'refine 0',
      'colour 1 0',
    ]);
    expect(passes[1]).toEqual({
      kind: 'refine',
      step: 1,
      refine: { kind: 'refine', ...refineDefaults, prompt: 'a cat', strength: 0.3 },
      output: { width: 1280, height: 960 },
    });
    expect(outputSize(photo, { version: 1, steps: [enlarge, { kind: 'refine' }] })).toEqual({
      width: 1280,
      height: 960,
    });
  });

  it('reads the picture itself where it stands alone, and colours on demand only', () => {
    expect(passesOf({ kind: 'refine', colour: 'none' }).map(({ kind }) => kind)).toEqual(['refine']);
    const [, colour] = passesOf({ kind: 'refine', colour: 'mean' });
    expect(colour).toMatchObject({ kind: 'colour', match: 'mean', other: 'picture' });
  });

  it('at no strength leaves the picture alone', () => {
    expect(passesOf(enlarge, { kind: 'refine', strength: 0 }).map(({ kind }) => kind)).toEqual(['model']);
  });

  it('mends the seams of Ultimate SD Upscale at no strength too, and goes where nothing is redrawn', () => {
    const kinds = (more: Partial<RefineStep>): string =>
      passesOf({ kind: 'refine', colour: 'none', ...more })
        .map(({ kind }) => kind)
        .join(' ');
    const ultimate = { mode: 'ultimate', seams: 'band', seamStrength: 0.5 } as const;
    expect(kinds({ strength: 0, tiles: ultimate })).toBe('refine');
    expect(kinds({ tiles: { ...ultimate, redraw: 'none' } })).toBe('refine');
    for (const nothing of [
      { seams: 'none' },
      { seamStrength: 0 },
      { seamWidth: 0 },
      // The picture is one tile, and has no seam.
      { tile: 640 },
    ] as const) {
      expect(kinds({ strength: 0, tiles: { ...ultimate, ...nothing } })).toBe('resample');
      expect(kinds({ tiles: { ...ultimate, redraw: 'none', ...nothing } })).toBe('resample');
      expect(kinds({ tiles: { ...ultimate, ...nothing } })).toBe('refine');
    }
    expect(kinds({ strength: 0, tiles: { ...ultimate, seams: 'half-tile', seamWidth: 0 } })).toBe('refine');
  });

  it('is told in words', () => {
    const words = {
      times: (scale: number) => `${scale}×`,
      to: { down: String, up: String, stretched: String, same: String },
      chain: (parts: readonly string[]) => parts.join(', then '),
      redrawn: (strength: number) => `redrawn at ${strength}`,
      unchanged: '',
      mixed: String,
      orientations: String,
      alpha: String,
      onto: String,
      remarked: (text: string) => text,
    };
    const passes = passesOf(enlarge, { kind: 'refine' });
    expect(describePasses(passes, words, String)).toBe('2×, then redrawn at 0.35');
  });
});

const everything: RefineStep = {
  kind: 'refine',
  weights: {
    checkpoint: 'v1-5.safetensors',
    text: 'text.safetensors',
    vae: 'vae.safetensors',
    taesd: 'taesd.safetensors',
    loras: [{ file: 'lcm.safetensors', weight: 0.8 }],
    embeddings: ['bad-hands.pt'],
  },
  prompt: '(sharp:1.2) photo',
  negative: 'blurry',
  strength: 0.4,
  strengthRule: 'sampler',
  steps: 30,
  sampler: 'euler-a',
  spacing: 'normal',
  guidance: 6.5,
  seed: 4294967295,
  noise: 'mt19937',
  exactSteps: true,
  clipSkip: 2,
  tiles: { mode: 'ultimate', tile: 512, padding: 32, maskBlur: 8, redraw: 'chess', seams: 'half-tile' },
  control: { file: 'tile.safetensors', weight: 0.6, start: 0, end: 0.9, mode: 'prompt' },
  colour: 'mean',
};

function refineWith(more: object): unknown {
  return { version: 1, steps: [{ kind: 'refine', ...more }] };
}

describe('parseRecipe of a refine step', () => {
  it('keeps every value', () => {
    const recipe: Recipe = { version: 1, steps: [everything] };
    expect(parseRecipe(JSON.parse(JSON.stringify(recipe)))).toEqual({ ok: true, value: recipe });
    expect(parseRecipe(refineWith({})).ok).toBe(true);
    expect(parseRecipe(refineWith({ tiles: { mode: 'joint', tile: 768, overlap: 64 } })).ok).toBe(true);
    expect(parseRecipe(refineWith({ tiles: { mode: 'sd-upscale', overlap: 0 } })).ok).toBe(true);
    expect(parseRecipe(refineWith({ tiles: { mode: 'sd-upscale', overlap: 256 } })).ok).toBe(true);
    expect(parseRecipe(refineWith({ tiles: { mode: 'joint', tile: 64 } })).ok).toBe(true);
    expect(parseRecipe(refineWith({ tiles: { mode: 'joint', tile: 64, overlap: 32 } })).ok).toBe(true);
    expect(parseRecipe(refineWith({ control: { start: 0.5 } })).ok).toBe(true);
  });

  it.each([
    [{ strength: 1.5 }, "The recipe's steps[0].strength must be at most 1."],
    [{ steps: 151 }, "The recipe's steps[0].steps must be at most 150."],
    [{ sampler: 'plms' }, /steps\[0\]\.sampler must be one of ddim, euler/],
    [{ seed: -1 }, "The recipe's steps[0].seed must be at least 0."],
    [{ tiles: { mode: 'joint', tile: 500 } }, "The recipe's steps[0].tiles.tile must be a multiple of 64."],
    [
      { tiles: { mode: 'spiral' } },
      /steps\[0\]\.tiles\.mode needs a mode: one of joint, sd-upscale, ultimate/,
    ],
    [
      { tiles: { mode: 'joint', tile: 64, overlap: 64 } },
      "The recipe's steps[0].tiles must have an overlap of at most half a tile, which is 32 pixels.",
    ],
    [
      { tiles: { mode: 'sd-upscale', overlap: 264 } },
      /an overlap of at most half a tile, which is 256 pixels\.$/,
    ],
    [{ control: { start: 0.8, end: 0.2 } }, "The recipe's steps[0].control must start before it ends."],
    [{ control: { start: 1 } }, "The recipe's steps[0].control must start before it ends."],
    [{ weights: { unet: 'x' } }, "The recipe's steps[0].weights.unet is not known."],
    [{ weights: { loras: [{ file: 'x' }] } }, "The recipe's steps[0].weights.loras[0].weight is missing."],
    [{ prompt: 3 }, "The recipe's steps[0].prompt must be a text."],
  ])('says what is wrong with %j', (more, said) => {
    const parsed = parseRecipe(refineWith(more));
    expect(parsed.ok ? '' : parsed.error.message).toMatch(said);
  });
});
