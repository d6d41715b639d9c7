import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at } from '../base/assert.ts';
import type { Size } from '../picture/geometry.ts';
import { freedBy, heldDuring, sourcesOf } from './pass-order.ts';
import type { Pass } from './passes.ts';
import { outputSize, planPasses, sizeOf } from './plan-passes.ts';
import type { SizeTarget, Step, UpscaleStep } from './recipe.ts';

const scales: Readonly<Record<string, number>> = { photo: 4, triple: 3, double: 2, clean: 1 };
const photo: Size = { width: 640, height: 480 };

function passesOf(source: Size, ...steps: readonly Step[]): Pass[] {
  const planned = planPasses(source, { version: 1, steps }, (model) => scales[model]);
  if (!planned.ok) throw new Error(planned.error.message);
  return planned.value;
}

function upscale(size: SizeTarget, model = 'photo'): Step {
  return { kind: 'upscale', model, size };
}

function upscaleWith(more: Partial<UpscaleStep>, by = 4): Step {
  return { kind: 'upscale', model: 'photo', size: { by }, ...more };
}

/** Kind and sources of every pass, for example "blend 0 1". */
function graphOf(passes: readonly Pass[]): string[] {
  return passes.map(({ kind }, i) => [kind, ...sourcesOf(passes, i)].join(' '));
}

function to(width: number, height: number, fit: 'crop' | 'pad' | 'stretch'): SizeTarget {
  return { width, height, fit };
}

describe('planPasses', () => {
  it('makes a 4x model by 4 one pass and nothing else', () => {
    expect(passesOf(photo, upscale({ by: 4 }))).toEqual([
      {
        kind: 'model',
        step: 0,
        model: 'photo',
        scale: 4,
        input: { x: 0, y: 0, ...photo },
        output: { width: 2560, height: 1920 },
      },
    ]);
  });

  it('repeats the model until the target is reached, then resamples once', () => {
    const passes = passesOf(photo, upscale(to(3840, 2160, 'crop')));
    expect(passes.map(({ kind }) => kind)).toEqual(['model', 'model', 'resample']);
    // 3840 x 2160 is a crop of 640 x 360 from the middle.
    expect(at(passes, 0)).toMatchObject({ input: { x: 0, y: 60, width: 640, height: 360 } });
    expect(at(passes, 1)).toMatchObject({ output: { width: 10240, height: 5760 } });
    expect(at(passes, 2)).toMatchObject({
      filter: 'lanczos3',
      window: { x: 0, y: 0, width: 10240, height: 5760 },
      output: { width: 3840, height: 2160 },
      place: { x: 0, y: 0, width: 3840, height: 2160 },
    });
  });

  it('needs no resample where a crop meets whole pixels and the scale fits', () => {
    expect(passesOf(photo, upscale(to(2560, 1440, 'crop')))).toHaveLength(1);
  });

  it('crops outwards to whole pixels and keeps the exact window for the resample', () => {
    const passes = passesOf({ width: 101, height: 67 }, upscale(to(300, 100, 'crop')));
    const [model, resample] = passes;
    // 300 / 101 decides; the window is 101 x 33.667 at y = 16.667.
    expect(model).toMatchObject({ kind: 'model', input: { x: 0, y: 16, width: 101, height: 35 } });
    if (resample?.kind !== 'resample') throw new Error('No resample');
    expect(resample.window.y).toBeCloseTo((16 + 2 / 3 - 16) * 4, 9);
    expect(resample.window.height).toBeCloseTo((101 / 3) * 4, 9);
    expect([resample.window.x, resample.window.width]).toEqual([0, 404]);
  });

  it('pads with whole pixels around the fitted picture', () => {
    const size: SizeTarget = { width: 1000, height: 1001, fit: 'pad', background: '#ffffff00' };
    const passes = passesOf(photo, { kind: 'resize', filter: 'bicubic', size });
    expect(passes).toEqual([
      {
        kind: 'resample',
        step: 0,
        filter: 'bicubic',
        window: { x: 0, y: 0, ...photo },
        output: { width: 1000, height: 1001 },
        place: { x: 0, y: 125, width: 1000, height: 750 },
        background: '#ffffff00',
      },
    ]);
    const grown = passesOf(photo, upscale(to(2560, 2000, 'pad')));
    expect(grown.map(({ kind }) => kind)).toEqual(['model', 'resample']);
    expect(grown[1]).toMatchObject({ place: { x: 0, y: 40, width: 2560, height: 1920 } });
  });

  it('stretches by the side that needs the most', () => {
    const passes = passesOf(photo, upscale(to(640, 4000, 'stretch')));
    expect(passes.map(({ kind }) => kind)).toEqual(['model', 'model', 'resample']);
  });

  it('only resamples for a factor of 1 or less', () => {
    expect(passesOf(photo, upscale({ by: 0.5 })).map(({ kind }) => kind)).toEqual(['resample']);
    expect(passesOf(photo, upscale({ by: 1.5 })).map(({ kind }) => kind)).toEqual(['model', 'resample']);
  });

  it('is one exact copy when nothing changes', () => {
    for (const size of [{ by: 1 }, to(640, 480, 'crop'), to(640, 480, 'pad')]) {
      expect(passesOf(photo, upscale(size))).toMatchObject([
        { kind: 'resample', filter: 'nearest', output: photo, window: { x: 0, y: 0, ...photo } },
      ]);
    }
    expect(passesOf(photo, upscale({ by: 1 }), upscale({ by: 4 }))).toHaveLength(1);
  });

  it('does not run once more for a rounding error', () => {
    // 61 / (61 / 27) comes out above 27, which is three runs of a 3x model exactly.
    const passes = passesOf({ width: 5, height: 2 }, upscale(to(61, 54, 'crop'), 'triple'));
    expect(passes.map(({ kind }) => kind)).toEqual(['model', 'model', 'model', 'resample']);
  });

  it('runs a model that does not enlarge once', () => {
    expect(passesOf(photo, upscale({ by: 1 }, 'clean')).map(({ kind }) => kind)).toEqual(['model']);
    expect(passesOf(photo, upscale({ by: 2 }, 'clean')).map(({ kind }) => kind)).toEqual([
      'model',
      'resample',
    ]);
  });

  it('goes from step to step', () => {
    const passes = passesOf(photo, upscale({ by: 4 }), upscale({ by: 2 }, 'double'));
    expect(passes.map(({ step, output }) => [step, output.width])).toEqual([
      [0, 2560],
      [1, 5120],
    ]);
  });

  it('names an unknown model', () => {
    const planned = planPasses(photo, { version: 1, steps: [upscale({ by: 2 }, 'nope')] }, () => undefined);
    expect(planned).toMatchObject({ ok: false, error: { code: 'model-unknown', detail: { model: 'nope' } } });
  });

  it('hands sizes on without a gap and ends with the size that was asked for', () => {
    const target: fc.Arbitrary<SizeTarget> = fc.oneof(
      fc.record({ by: fc.double({ min: 0.5, max: 16, noNaN: true }) }),
      fc.record({
        width: fc.integer({ min: 1, max: 5000 }),
        height: fc.integer({ min: 1, max: 5000 }),
        fit: fc.constantFrom('crop' as const, 'pad' as const, 'stretch' as const),
      }),
    );
    const step: fc.Arbitrary<Step> = fc.oneof(
      fc.record({
        kind: fc.constant('upscale' as const),
        model: fc.constantFrom('photo', 'double', 'clean'),
        size: target,
      }),
      fc.record({
        kind: fc.constant('resize' as const),
        filter: fc.constant('bicubic' as const),
        size: target,
      }),
    );
    const side = fc.integer({ min: 1, max: 3000 });
    fc.assert(
      fc.property(
        fc.record({ width: side, height: side }),
        fc.array(step, { minLength: 1, maxLength: 4 }),
        (source, steps) => {
          let size = source;
          for (const pass of passesOf(source, ...steps)) {
            if (pass.kind !== 'model' && pass.kind !== 'resample') throw new Error('Nobody asked for that.');
            const part = pass.kind === 'model' ? pass.input : pass.window;
            expect(part.x).toBeGreaterThanOrEqual(0);
            expect(part.y).toBeGreaterThanOrEqual(0);
            expect(part.x + part.width).toBeLessThanOrEqual(size.width + 1e-6);
            expect(part.y + part.height).toBeLessThanOrEqual(size.height + 1e-6);
            if (pass.kind === 'model') {
              expect(pass.output).toEqual({
                width: part.width * pass.scale,
                height: part.height * pass.scale,
              });
            } else {
              expect(pass.place.x + pass.place.width).toBeLessThanOrEqual(pass.output.width);
              expect(pass.place.y + pass.place.height).toBeLessThanOrEqual(pass.output.height);
            }
            size = pass.output;
          }
          expect(size).toEqual(outputSize(source, { version: 1, steps }));
        },
      ),
    );
  });

  it('never resamples upwards after a model that enlarges', () => {
    const side = fc.integer({ min: 1, max: 2000 });
    const size = fc.record({ width: side, height: side });
    fc.assert(
      fc.property(
        size,
        size,
        fc.constantFrom('crop' as const, 'pad' as const, 'stretch' as const),
        (source, wanted, fit) => {
          const passes = passesOf(source, upscale({ ...wanted, fit }));
          const last = passes.at(-1);
          if (passes.length === 1 || last?.kind !== 'resample') return;
          expect(last.window.width).toBeGreaterThanOrEqual(last.place.width - 1e-6);
          expect(last.window.height).toBeGreaterThanOrEqual(last.place.height - 1e-6);
        },
      ),
    );
  });
});

describe('a second upscaler', () => {
  it('starts from the same source, and a blend ends the step', () => {
    const mixed = upscaleWith({ second: { model: 'double', visibility: 0.3 } });
    const passes = passesOf(photo, mixed, { kind: 'resize', filter: 'bicubic', size: { by: 0.5 } });
    expect(graphOf(passes)).toEqual(['model picture', 'model picture', 'model 1', 'blend 0 2', 'resample 3']);
    expect(passes[3]).toMatchObject({
      visibility: 0.3,
      by: ['photo', 'double'],
      output: { width: 2560, height: 1920 },
    });
    expect(passes.map((_, i) => freedBy(passes, i))).toEqual([[], [], [1], [0, 2], [3]]);
    expect(passes.map((_, i) => heldDuring(passes, i))).toEqual([[0], [0, 1], [0, 1, 2], [0, 2, 3], [3, 4]]);
  });

  it('may be a classic filter, and meets the same size', () => {
    const second = { model: 'bicubic', visibility: 0.5 };
    const passes = passesOf(photo, { ...upscale(to(300, 300, 'crop')), second } as Step);
    expect(graphOf(passes)).toEqual(['resample picture', 'resample picture', 'blend 0 1']);
    expect(passes[1]).toMatchObject({ filter: 'bicubic', output: { width: 300, height: 300 } });
  });

  it('starts from what the step before made', () => {
    const mixed = upscaleWith({ second: { model: 'bicubic', visibility: 0.5 } });
    const passes = passesOf(photo, { kind: 'resize', filter: 'bicubic', size: { by: 2 } }, mixed);
    expect(graphOf(passes)).toEqual(['resample picture', 'model 0', 'resample 0', 'blend 1 2']);
    expect(freedBy(passes, 1)).toEqual([]);
    expect(freedBy(passes, 2)).toEqual([0]);
  });

  it('mixes with the source itself where one of the two has nothing to do', () => {
    const passes = passesOf(photo, upscaleWith({ second: { model: 'clean', visibility: 0.5 } }, 1));
    expect(graphOf(passes)).toEqual(['model picture', 'blend picture 0']);
  });

  it.each([
    [0, 'photo', 4],
    [1, 'double', 2],
  ])('with a visibility of %s is %s alone', (visibility, model, scale) => {
    const passes = passesOf(photo, upscaleWith({ second: { model: 'double', visibility } }, scale));
    expect(passes).toEqual(passesOf(photo, upscale({ by: scale }, model)));
  });

  it('that is the first is not run twice, and an unknown one is named', () => {
    const twice = upscaleWith({ second: { model: 'photo', visibility: 0.5 } });
    expect(passesOf(photo, twice)).toEqual(passesOf(photo, upscale({ by: 4 })));
    const steps = [upscaleWith({ second: { model: 'nope', visibility: 0.5 } })];
    const planned = planPasses(photo, { version: 1, steps }, (model) => scales[model]);
    expect(planned).toMatchObject({ ok: false, error: { code: 'model-unknown', detail: { model: 'nope' } } });
    const hidden = [upscaleWith({ second: { model: 'nope', visibility: 0 } })];
    expect(planPasses(photo, { version: 1, steps: hidden }, (model) => scales[model]).ok).toBe(true);
  });
});

describe('transparency', () => {
  it('enlarged by a filter is put on the colours in the end, once', () => {
    const passes = passesOf(
      photo,
      upscaleWith({ second: { model: 'lanczos3', visibility: 0.5 }, alpha: 'nearest' }, 3),
    );
    expect(graphOf(passes)).toEqual([
      'model picture',
      'resample 0',
      'resample picture',
      'blend 1 2',
      'alpha 3 picture',
    ]);
    expect(passes[0]).toMatchObject({ colourOnly: true });
    expect(passes[4]).toMatchObject({ filter: 'nearest', window: { x: 0, y: 0, ...photo } });
  });

  it('is laid onto a colour by whoever reads the source first, even where nothing else changes', () => {
    const alpha = { onto: '#ffffff' };
    const passes = passesOf(photo, upscaleWith({ second: { model: 'bicubic', visibility: 0.5 }, alpha }, 16));
    expect(passes.map((pass) => 'onto' in pass)).toEqual([true, false, true, false]);
    expect(passesOf(photo, upscaleWith({ alpha }, 1))).toMatchObject([
      { kind: 'resample', filter: 'nearest', output: photo, onto: '#ffffff' },
    ]);
  });

  it('stays where nothing changes', () => {
    expect(passesOf(photo, upscaleWith({ alpha: 'nearest' }, 1))).toMatchObject([{ kind: 'resample' }]);
  });
});

describe('extra quality', () => {
  it('is said of every pass of a model, of both models', () => {
    const second = { model: 'double', visibility: 0.5 };
    const passes = passesOf(photo, upscaleWith({ second, extraQuality: 8 }, 3));
    const said = passes.map((pass) => (pass.kind === 'model' ? pass.orientations : null));
    expect(said).toEqual([8, null, 8, 8, null, null]);
    expect(passesOf(photo, upscaleWith({ extraQuality: 1 }))).toEqual(passesOf(photo, upscale({ by: 4 })));
  });
});

describe('sizeOf', () => {
  it('rounds to the nearest pixel, at least 1', () => {
    expect(sizeOf({ width: 3, height: 5 }, { by: 1.5 })).toEqual({ width: 5, height: 8 });
    expect(sizeOf({ width: 1, height: 1 }, { by: 0.5 })).toEqual({ width: 1, height: 1 });
    expect(sizeOf(photo, to(7, 9, 'pad'))).toEqual({ width: 7, height: 9 });
  });
});
