import { describe, expect, it } from 'vitest';
import { defaultSettings, parseSettings, recipeOf, sameRecipe } from './settings.ts';

describe('parseSettings', () => {
  it('gives the defaults for anything that is not an object', () => {
    for (const stored of [null, undefined, 3, 'x', []])
      expect(parseSettings(stored)).toEqual(defaultSettings);
  });

  it('reads back what was stored', () => {
    const chosen = { ...defaultSettings, model: 'anime', by: 2.5, format: 'webp', theme: 'light' } as const;
    expect(parseSettings(JSON.parse(JSON.stringify(chosen)))).toEqual(chosen);
  });

  it('keeps the good fields beside a bad one', () => {
    const parsed = parseSettings({
      by: 40,
      quality: 70,
      to: { width: -1, height: 1080, fit: 'x', background: 'red' },
    });
    expect(parsed.by).toBe(defaultSettings.by);
    expect(parsed.quality).toBe(70);
    expect(parsed.to).toEqual({ ...defaultSettings.to, height: 1080 });
  });

  it('refuses numbers that are not numbers', () => {
    expect(parseSettings({ by: Number.NaN }).by).toBe(defaultSettings.by);
    expect(parseSettings({ by: '2' }).by).toBe(defaultSettings.by);
  });
});

describe('recipeOf', () => {
  it('makes one step of the choices', () => {
    expect(recipeOf(defaultSettings, 'photo').steps).toEqual([
      { kind: 'upscale', model: 'photo', size: { by: 4 } },
    ]);
    expect(recipeOf({ ...defaultSettings, sizing: 'to' }, 'classic').steps).toEqual([
      { kind: 'resize', filter: 'lanczos3', size: { width: 3840, height: 2160, fit: 'crop' } },
    ]);
  });

  it('says the colour around a padded picture, and only there', () => {
    const to = { width: 30, height: 20, fit: 'pad', background: '#aabbcc' } as const;
    expect(recipeOf({ ...defaultSettings, sizing: 'to', to }, 'a').steps[0]?.size).toEqual(to);
    const stretched = recipeOf({ ...defaultSettings, sizing: 'to', to: { ...to, fit: 'stretch' } }, 'a');
    expect(stretched.steps[0]?.size).not.toHaveProperty('background');
  });

  it('is the same for the same choices', () => {
    expect(sameRecipe(recipeOf(defaultSettings, 'a'), recipeOf(defaultSettings, 'a'))).toBe(true);
    expect(sameRecipe(recipeOf(defaultSettings, 'a'), recipeOf(defaultSettings, 'b'))).toBe(false);
  });
});
