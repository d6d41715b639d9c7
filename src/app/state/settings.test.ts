import { describe, expect, it } from 'vitest';
import { defaultSettings, parseSettings, recipeOf, sameRecipe, withKnownSecond } from './settings.ts';

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

  it('reads back what goes beyond one model, field by field', () => {
    const extra = {
      open: true,
      quality: 8,
      second: 'bicubic',
      visibility: 0.25,
      alpha: 'onto',
      onto: '#00ff00',
    } as const;
    expect(parseSettings({ extra }).extra).toEqual(extra);
    const wrong = { open: 1, quality: 3, second: '', visibility: 1.1, alpha: 'keep', onto: 'white' };
    expect(parseSettings({ extra: wrong }).extra).toEqual(defaultSettings.extra);
    expect(parseSettings({ extra: { ...wrong, quality: 2 } }).extra).toEqual({
      ...defaultSettings.extra,
      quality: 2,
    });
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
    expect(recipeOf({ ...defaultSettings, sizing: 'to', to }, 'a').steps[0]).toMatchObject({ size: to });
    const stretched = recipeOf({ ...defaultSettings, sizing: 'to', to: { ...to, fit: 'stretch' } }, 'a');
    expect(stretched.steps[0]).not.toHaveProperty('size.background');
  });

  it('says what goes beyond one model, and only that', () => {
    const extra = { ...defaultSettings.extra, quality: 4, second: 'bicubic', alpha: 'onto' } as const;
    const settings = { ...defaultSettings, extra };
    expect(recipeOf(settings, 'photo').steps).toEqual([
      {
        kind: 'upscale',
        model: 'photo',
        size: { by: 4 },
        second: { model: 'bicubic', visibility: 0.5 },
        alpha: { onto: '#ffffff' },
        extraQuality: 4,
      },
    ]);
    expect(recipeOf(settings, 'classic')).toEqual(recipeOf(defaultSettings, 'classic'));
    const hidden = { ...settings, extra: { ...defaultSettings.extra, second: 'bicubic', visibility: 0 } };
    expect(recipeOf(hidden, 'photo')).toEqual(recipeOf(defaultSettings, 'photo'));
    const itself = { ...settings, extra: { ...defaultSettings.extra, second: 'photo' } };
    expect(recipeOf(itself, 'photo')).toEqual(recipeOf(defaultSettings, 'photo'));
  });

  it('leaves out a second upscaler that is not here', () => {
    const choose = (second: string | null): typeof defaultSettings => ({
      ...defaultSettings,
      extra: { ...defaultSettings.extra, second },
    });
    const known = (model: string): boolean => model === 'photo';
    for (const second of [null, 'bicubic', 'photo']) {
      expect(withKnownSecond(choose(second), known)).toEqual(choose(second));
    }
    expect(withKnownSecond(choose('gone'), known)).toEqual(choose(null));
  });

  it('is the same for the same choices', () => {
    expect(sameRecipe(recipeOf(defaultSettings, 'a'), recipeOf(defaultSettings, 'a'))).toBe(true);
    expect(sameRecipe(recipeOf(defaultSettings, 'a'), recipeOf(defaultSettings, 'b'))).toBe(false);
  });
});
