import { describe, expect, it } from 'vitest';
import { isSilent, type DiffusionEntry, type DiffusionKind } from '../../models/diffusion-entry.ts';
import { withDefaults } from '../../recipes/refine.ts';
import { parseRecipe } from '../../recipes/validate.ts';
import {
  choiceOf,
  entriesOf,
  hindrance,
  redrawModel,
  redrawSeconds,
  refineStepOf,
  usual,
} from './redraw-step.ts';
import { defaultRedraw, parseRedraw, type Redraw } from './redraw.ts';

function entry(
  id: string,
  kinds: readonly DiffusionKind[],
  more: Partial<DiffusionEntry> = {},
): DiffusionEntry {
  return {
    id,
    name: id,
    parts: kinds.map((kind) => ({ kind, values: 1 })),
    base: 'sd1',
    prediction: 'epsilon',
    sampling: null,
    files: [{ name: `${id}.safetensors`, bytes: 1 }],
    bytes: 1,
    sha256: id,
    ...more,
  };
}

const vae = ['vae-encoder', 'vae-decoder'] as const;
const whole = entry('whole', ['unet', 'text-encoder', ...vae]);
const folder = entry('a folder', ['unet', 'text-encoder', ...vae], {
  files: [
    { name: 'x/unet/model.safetensors', bytes: 1 },
    { name: 'x/vae/model.safetensors', bytes: 1 },
  ],
});
const bare = entry('bare', ['unet']);
const text = entry('text', ['text-encoder']);
const ends = entry('ends', vae);
const tiny = entry('tiny', ['taesd-encoder', 'taesd-decoder']);
const control = entry('tile', ['controlnet']);
const fast = entry('fast', ['lora'], { sampling: 'lcm' });
const style = entry('style', ['lora'], { base: null });
const word = entry('easyneg', ['embedding']);
const all = [whole, folder, bare, text, ends, tiny, control, fast, style, word];

const on = (more: Partial<Redraw> = {}): Redraw => ({ ...defaultRedraw, on: true, ...more });

describe('parseRedraw', () => {
  it('gives the defaults for anything that is not an object, and reads back what was stored', () => {
    for (const stored of [null, undefined, 3, []]) expect(parseRedraw(stored)).toEqual(defaultRedraw);
    const chosen: Redraw = {
      ...on(),
      open: true,
      more: true,
      model: 'whole',
      prompt: 'a cat',
      negative: 'blur',
      strength: 0.5,
      seed: 4_294_967_295,
      steps: 30,
      sampler: 'euler-a',
      guidance: 4.5,
      spacing: 'karras',
      mode: 'sd-upscale',
      tile: 768,
      overlap: 128,
      loras: [{ id: 'fast', weight: 0.5 }],
      control: 'tile',
      resemblance: 0.6,
      clipSkip: 2,
      colour: 'none',
    };
    expect(parseRedraw(JSON.parse(JSON.stringify(chosen)))).toEqual(chosen);
  });

  it('takes the default for each field that is wrong, and the nearest side that a tile may have', () => {
    const wrong = {
      on: 1,
      strength: 1.2,
      seed: -1,
      steps: 0,
      sampler: 'plms',
      guidance: 'x',
      mode: 'grid',
      loras: [{ id: 3 }, null],
      clipSkip: 99,
    };
    expect(parseRedraw(wrong)).toEqual(defaultRedraw);
    expect(parseRedraw({ tile: 500, overlap: 61 })).toMatchObject({ tile: 512, overlap: 64 });
    expect(parseRedraw({ tile: 70, overlap: 3 })).toMatchObject({ tile: 64, overlap: 0 });
  });
});

describe('redrawModel', () => {
  it('takes the first that draws where the chosen one is not there', () => {
    expect(redrawModel(on({ model: 'a folder' }), all)?.main).toBe(folder);
    expect(redrawModel(on({ model: 'gone' }), all)?.main).toBe(whole);
    expect(redrawModel(on(), [text, ends, fast])).toBeNull();
  });

  it('fills what a UNet alone lacks from others of its base, and says what nothing has', () => {
    const model = redrawModel(on({ model: 'bare' }), all);
    expect(model).toMatchObject({ text: whole, vae: whole, missing: [] });
    expect(redrawModel(on(), [bare, text, tiny, ends])).toMatchObject({ text, vae: ends, missing: [] });
    expect(redrawModel(on(), [bare, tiny])).toMatchObject({ vae: tiny, missing: ['text-encoder'] });
    const other = entry('other', ['text-encoder', ...vae], { base: 'sd2' });
    expect(redrawModel(on(), [bare, other])?.missing).toEqual(['text-encoder', 'vae']);
  });

  it('decodes previews with a TAESD that is there for nothing else', () => {
    expect(redrawModel(on(), all)?.preview).toBe(tiny);
    expect(redrawModel(on(), [whole, text])?.preview).toBeNull();
    expect(redrawModel(on(), [bare, text, tiny])).toMatchObject({ vae: tiny, preview: null });
    const own = entry('own', ['unet', 'text-encoder', 'taesd-encoder', 'taesd-decoder']);
    expect(redrawModel(on(), [own, tiny])?.preview).toBeNull();
  });

  it('knows what a model usually takes, a LoRA with weight before the model', () => {
    const taken = (more: Partial<Redraw>): string | undefined => {
      const model = redrawModel(on(more), all);
      return model ? usual(model).sampler : undefined;
    };
    expect(taken({})).toBe('dpmpp-2m');
    expect(taken({ loras: [{ id: 'fast', weight: 1 }] })).toBe('lcm');
    expect(taken({ loras: [{ id: 'fast', weight: 0 }] })).toBe('dpmpp-2m');
    expect(taken({ loras: [{ id: 'style', weight: 1 }] })).toBe('dpmpp-2m');
  });

  it('takes a person’s word for a model that tells nothing itself', () => {
    const steps = (more: Partial<DiffusionEntry>): number | undefined => {
      const model = redrawModel(on(), [{ ...whole, ...more }]);
      return model ? usual(model).steps : undefined;
    };
    expect(steps({ trained: 'turbo' })).toBe(4);
    expect(steps({ trained: 'usual' })).toBe(steps({}));
    expect(steps({ trained: 'turbo', sampling: 'lcm' })).toBe(8);
    expect(isSilent(whole)).toBe(true);
    expect(isSilent({ ...whole, sampling: 'turbo' })).toBe(false);
    expect(isSilent({ ...whole, files: [{ name: 'x/scheduler/scheduler_config.json', bytes: 1 }] })).toBe(
      false,
    );
    expect(isSilent(style)).toBe(false);
  });
});

describe('refineStepOf', () => {
  it('is null while it is off, and where nothing draws', () => {
    expect(refineStepOf(defaultRedraw, all)).toBeNull();
    expect(refineStepOf(on(), [text])).toBeNull();
  });

  it('names the model, and says what the model usually takes', () => {
    expect(refineStepOf(on({ prompt: 'a cat' }), all)).toEqual({
      kind: 'refine',
      weights: { checkpoint: 'whole.safetensors', taesd: 'tiny.safetensors' },
      prompt: 'a cat',
      strength: 0.35,
      seed: 0,
      steps: 20,
      sampler: 'dpmpp-2m',
      guidance: 7,
    });
    const loras = [{ id: 'fast', weight: 0.5 }];
    expect(refineStepOf(on({ loras, steps: 4 }), all)).toMatchObject({
      steps: 4,
      sampler: 'lcm',
      guidance: 1,
    });
  });

  it('makes a recipe that is valid, whatever is chosen', () => {
    for (const mode of ['joint', 'sd-upscale', 'ultimate'] as const) {
      const step = refineStepOf(
        on({
          model: 'bare',
          mode,
          tile: 768,
          overlap: 32,
          loras: [{ id: 'style', weight: -0.5 }],
          control: 'tile',
          resemblance: 0.5,
          clipSkip: 2,
          colour: 'mean',
          spacing: 'trailing',
          negative: 'EasyNeg, blur',
        }),
        all,
      );
      expect(step).toMatchObject({
        weights: {
          checkpoint: 'bare.safetensors',
          text: 'whole.safetensors',
          vae: 'whole.safetensors',
          loras: [{ file: 'style.safetensors', weight: -0.5 }],
          embeddings: ['easyneg.safetensors'],
        },
        control: { file: 'tile.safetensors', weight: 0.5 },
      });
      expect(parseRecipe({ version: 1, steps: [step] })).toMatchObject({ ok: true });
    }
  });

  it('finds the entries that a step works with, LoRAs of its prompt among them', () => {
    const loras = [{ id: 'fast', weight: 1 }];
    const step = refineStepOf(
      on({ model: 'a folder', loras, control: 'tile', prompt: 'a cat <lora:style:0.7>' }),
      all,
    );
    expect(step && entriesOf(step, all)).toEqual(['a folder', 'tiny', 'tile', 'fast', 'style']);
    expect(entriesOf({ kind: 'refine' }, all)).toEqual([]);
  });

  it('tells its time by the speed that its model had before', () => {
    const refine = withDefaults({ kind: 'refine', weights: { checkpoint: 'a.safetensors' }, guidance: 1 });
    const output = { width: 10, height: 10 };
    const passes = [{ kind: 'refine', step: 0, output, refine }] as const;
    const speed = (name: string): number | null => (name === 'redraw a.safetensors' ? 50 : null);
    expect(redrawSeconds(passes, speed)).toBe((100 * 8) / 50);
    expect(redrawSeconds(passes, () => null)).toBeNull();
  });

  it('says what a person chose beside the usual', () => {
    const step = refineStepOf(
      on({
        model: 'a folder',
        mode: 'ultimate',
        order: 'chess',
        seams: 'half-tile',
        control: 'tile',
        controlMode: 'control',
        controlEnd: 0.8,
        strengthRule: 'sampler',
        noise: 'mt19937',
      }),
      all,
    );
    expect(step).toMatchObject({
      tiles: { mode: 'ultimate', redraw: 'chess', seams: 'half-tile' },
      control: { weight: 1, mode: 'control', end: 0.8 },
      strengthRule: 'sampler',
      noise: 'mt19937',
    });
    expect(parseRecipe({ version: 1, steps: [step] })).toMatchObject({ ok: true });
    expect(parseRedraw({ controlStart: 0.9, controlEnd: 0.2 })).toMatchObject({
      controlStart: 0,
      controlEnd: 1,
    });
  });

  it('keeps what was chosen for another base, and says that it does not fit', () => {
    const strange = [
      entry('sd1', ['unet', 'text-encoder', 'vae-encoder', 'vae-decoder']),
      entry('other lora', ['lora'], { base: 'sd2' }),
      entry('other control', ['controlnet'], { base: 'sd2' }),
    ];
    for (const chosen of [
      { loras: [{ id: 'other lora', weight: 1 }] },
      { control: 'other control' },
    ] satisfies Partial<Redraw>[]) {
      const redraw = on({ model: 'sd1', ...chosen });
      expect(hindrance(redraw, strange)).toMatchObject({
        code: 'model-unsupported',
        message: expect.stringMatching(
          /^"other (lora|control)" was made for Stable Diffusion 2, and "sd1" is Stable Diffusion 1\. Leave it out/,
        ) as string,
      });
    }
    expect(hindrance(on({ model: 'sd1' }), strange)).toBeNull();
  });

  it('takes a downloaded set as it is described', () => {
    const licence = { id: 'MIT', commercialUse: true };
    const from = { item: 'fast', homepage: 'https://example.com', licence, weight: 0.125 };
    const set = [
      entry('control', ['controlnet']),
      entry('fast', ['lora'], { sampling: 'lcm', from }),
      entry('main', ['unet', 'text-encoder', 'vae-encoder', 'vae-decoder']),
    ];
    const chosen = choiceOf(set);
    expect(chosen && refineStepOf(on(chosen), set)).toMatchObject({
      weights: {
        checkpoint: 'main.safetensors',
        loras: [{ file: 'fast.safetensors', weight: 0.125 }],
      },
      control: { file: 'control.safetensors' },
      sampler: 'lcm',
      steps: 8,
      guidance: 1,
    });
    expect(choiceOf(set.slice(0, 2))).toBeNull();
  });
});
