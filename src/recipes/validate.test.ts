import { describe, expect, it } from 'vitest';
import { defaultRecipe } from './defaults.ts';
import type { Recipe } from './recipe.ts';
import { parseRecipe } from './validate.ts';

const good: Recipe = {
  version: 1,
  steps: [
    { kind: 'upscale', model: 'photo-fast', size: { by: 4 } },
    {
      kind: 'resize',
      filter: 'lanczos3',
      size: { width: 3840, height: 2160, fit: 'pad', background: '#10203040' },
    },
    { kind: 'upscale', model: 'photo', size: { width: 1, height: 65535, fit: 'crop' } },
    {
      kind: 'upscale',
      model: 'photo',
      size: { by: 2 },
      second: { model: 'lanczos3', visibility: 0.3 },
      alpha: { onto: '#ffFFff' },
      extraQuality: 8,
    },
    { kind: 'upscale', model: 'photo', size: { by: 2 }, alpha: 'nearest' },
  ],
};

function upscaleTo(size: unknown): unknown {
  return { version: 1, steps: [{ kind: 'upscale', model: 'photo', size }] };
}

function upscaleWith(more: object): unknown {
  return { version: 1, steps: [{ kind: 'upscale', model: 'photo', size: { by: 2 }, ...more }] };
}

function messageOf(json: unknown): string {
  const parsed = parseRecipe(json);
  if (parsed.ok) throw new Error('It was accepted.');
  expect(parsed.error.code).toBe('recipe-invalid');
  return parsed.error.message;
}

describe('parseRecipe', () => {
  it('accepts good recipes and keeps every value', () => {
    expect(parseRecipe(JSON.parse(JSON.stringify(good)))).toEqual({ ok: true, value: good });
    expect(parseRecipe(defaultRecipe('photo-fast')).ok).toBe(true);
  });

  it.each([0.5, 1, 1.37, 16])('accepts by %s', (by) => {
    expect(parseRecipe(upscaleTo({ by })).ok).toBe(true);
  });

  it.each([
    [null, 'The recipe must be an object.'],
    ['4x', 'The recipe must be an object.'],
    [{ version: 2, steps: [] }, "The recipe's version must be 1, the only version that this app knows."],
    [{ version: 1 }, "The recipe's steps is missing."],
    [{ version: 1, steps: {} }, "The recipe's steps must be a list of steps."],
    [{ version: 1, steps: [] }, "The recipe's steps must have at least one step."],
    [{ version: 1, steps: Array(17).fill(good.steps[0]) }, "The recipe's steps must have at most 16 steps."],
    [{ version: 1, steps: [7] }, "The recipe's steps[0] must be a step, an object."],
    [
      { version: 1, steps: [good.steps[0], { kind: 'blur' }] },
      `The recipe's steps[1].kind is unknown: "blur"; known steps are upscale, resize, refine, ldsr.`,
    ],
    [
      { version: 1, steps: [{}] },
      "The recipe's steps[0].kind is missing; known steps are upscale, resize, refine, ldsr.",
    ],
    [{ version: 1, steps: good.steps, extra: 1 }, "The recipe's extra is not known."],
    [upscaleTo({ by: 17 }), "The recipe's steps[0].size.by must be at most 16."],
    [upscaleTo({ by: 0.25 }), "The recipe's steps[0].size.by must be at least 0.5."],
    [
      { version: 1, steps: [{ kind: 'resize', filter: 'lanczos3', size: { by: 0.1 } }] },
      "The recipe's steps[0].size.by must be at least 0.125.",
    ],
    [upscaleTo({ by: NaN }), "The recipe's steps[0].size.by must be a number."],
    [upscaleTo({ by: '4' }), "The recipe's steps[0].size.by must be a number."],
    [upscaleTo({ by: 4, width: 3 }), "The recipe's steps[0].size.width is not known."],
    [upscaleTo({ width: 0, height: 3, fit: 'pad' }), "The recipe's steps[0].size.width must be at least 1."],
    [
      upscaleTo({ width: 2, height: 65536, fit: 'pad' }),
      "The recipe's steps[0].size.height must be at most 65535.",
    ],
    [
      upscaleTo({ width: 2.5, height: 3, fit: 'pad' }),
      "The recipe's steps[0].size.width must be a whole number of pixels.",
    ],
    [upscaleTo({ width: 2, height: 3 }), "The recipe's steps[0].size.fit is missing."],
    [
      upscaleTo({ width: 2, height: 3, fit: 'fill' }),
      "The recipe's steps[0].size.fit must be one of crop, pad, stretch.",
    ],
    [
      upscaleTo({ width: 2, height: 3, fit: 'pad', background: 'red' }),
      "The recipe's steps[0].size.background must be a colour like #rrggbb or #rrggbbaa.",
    ],
    [upscaleTo(undefined), "The recipe's steps[0].size must be an object."],
    [
      { version: 1, steps: [{ kind: 'upscale', model: '', size: { by: 2 } }] },
      "The recipe's steps[0].model must be the id of a model.",
    ],
    [
      upscaleWith({ second: { model: 'b', visibility: 1.5 } }),
      "The recipe's steps[0].second.visibility must be at most 1.",
    ],
    [
      upscaleWith({ second: { model: 'b', visibility: '1' } }),
      "The recipe's steps[0].second.visibility must be a number.",
    ],
    [upscaleWith({ second: { model: 'b' } }), "The recipe's steps[0].second.visibility is missing."],
    [
      upscaleWith({ second: { model: '', visibility: 1 } }),
      "The recipe's steps[0].second.model must be the id of a model.",
    ],
    [upscaleWith({ second: 'b' }), "The recipe's steps[0].second must be an object."],
    [upscaleWith({ extraQuality: 3 }), "The recipe's steps[0].extraQuality must be one of 1, 2, 4, 8."],
    [
      upscaleWith({ alpha: 'keep' }),
      `The recipe's steps[0].alpha must be one of model, nearest, bilinear, bicubic, lanczos3, or {"onto": "#rrggbb"} for a picture without transparency.`,
    ],
    [
      upscaleWith({ alpha: { onto: '#ffff' } }),
      "The recipe's steps[0].alpha.onto must be a colour like #rrggbb.",
    ],
    [
      { version: 1, steps: [{ ...good.steps[1], extraQuality: 2 }] },
      "The recipe's steps[0].extraQuality is not known.",
    ],
    [
      { version: 1, steps: [{ kind: 'resize', filter: 'box', size: { by: 2 } }] },
      "The recipe's steps[0].filter must be one of nearest, bilinear, bicubic, lanczos3.",
    ],
  ])('refuses %j', (json, message) => {
    expect(messageOf(json)).toBe(message);
  });
});
