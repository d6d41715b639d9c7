import { describe, expect, it } from 'vitest';
import type { DiffusionEntry, DiffusionKind } from '../../models/diffusion-entry.ts';
import { outputSize } from '../../recipes/plan-passes.ts';
import type { Recipe } from '../../recipes/recipe.ts';
import { parseRecipe } from '../../recipes/validate.ts';
import { drawnHindrance, drawnRecipe, ldsrModel } from './ldsr-step.ts';
import { entriesOf } from './redraw-step.ts';
import { defaultRedraw, type Redraw } from './redraw.ts';

function entry(id: string, kinds: readonly DiffusionKind[]): DiffusionEntry {
  return {
    id,
    name: id,
    parts: kinds.map((kind) => ({ kind, values: 1 })),
    base: null,
    prediction: null,
    sampling: null,
    files: [{ name: `${id}.safetensors`, bytes: 1 }],
    bytes: 1,
    sha256: id,
  };
}

const ldsr = entry('ldsr', ['ldsr-unet', 'ldsr-decoder']);
const network = entry('network', ['ldsr-unet']);
const decoder = entry('decoder', ['ldsr-decoder']);
const drawer = entry('drawer', ['unet']);
const on = (more: Partial<Redraw> = {}): Redraw => ({ ...defaultRedraw, on: true, ...more });
const upscale = (by: number): Recipe => ({
  version: 1,
  steps: [{ kind: 'upscale', model: 'photo', size: { by } }],
});

describe('latent super-resolution', () => {
  it('is what is chosen, or what is there alone', () => {
    expect(ldsrModel(on(), [drawer, ldsr])).toBeNull();
    expect(ldsrModel(on({ model: 'ldsr' }), [drawer, ldsr])).toEqual({ main: ldsr, decoder: ldsr });
    expect(ldsrModel(on({ model: 'drawer' }), [drawer, ldsr])).toBeNull();
    expect(ldsrModel(on(), [ldsr])?.main).toBe(ldsr);
    expect(ldsrModel(on(), [drawer, decoder])).toBeNull();
  });

  it('enlarges in the place of the upscaler, and is brought to the wanted size', () => {
    const chosen = on({ model: 'ldsr', seed: 7, ldsrSteps: 12 });
    expect(drawnRecipe(upscale(3), chosen, [drawer, ldsr]).steps).toEqual([
      { kind: 'ldsr', weights: { checkpoint: 'ldsr.safetensors' }, steps: 12, seed: 7 },
      { kind: 'resize', filter: 'lanczos3', size: { by: 0.75 } },
    ]);
    const exact = { width: 30, height: 20, fit: 'crop' } as const;
    const classic: Recipe = { version: 1, steps: [{ kind: 'resize', filter: 'nearest', size: exact }] };
    expect(drawnRecipe(classic, on(), [ldsr]).steps).toMatchObject([
      { kind: 'ldsr', steps: 100, seed: 0 },
      { kind: 'resize', filter: 'nearest', size: exact },
    ]);
  });

  it.each([0.5, 1, 1.3, 4, 16])(
    'ends with the size that the upscaler would give, and validly, by %d',
    (by) => {
      const recipe = drawnRecipe(upscale(by), on(), [ldsr]);
      const source = { width: 101, height: 37 };
      expect(outputSize(source, recipe)).toEqual(outputSize(source, upscale(by)));
      expect(parseRecipe(recipe)).toEqual({ ok: true, value: recipe });
    },
  );

  it('leaves the recipe alone while it is off, and to the other model where that is chosen', () => {
    expect(drawnRecipe(upscale(4), { ...on(), on: false }, [ldsr])).toEqual(upscale(4));
    const redrawn = drawnRecipe(upscale(4), on({ model: 'drawer' }), [drawer, ldsr]);
    expect(redrawn.steps.map(({ kind }) => kind)).toEqual(['upscale', 'refine']);
  });

  it('takes a decoder of its own, and says that it misses one', () => {
    const [step] = drawnRecipe(upscale(4), on(), [network, decoder]).steps;
    expect(step).toMatchObject({
      weights: { checkpoint: 'network.safetensors', vae: 'decoder.safetensors' },
    });
    expect(step?.kind === 'ldsr' && entriesOf(step, [network, decoder])).toEqual(['network', 'decoder']);
    expect(drawnHindrance(on(), [network, decoder])).toBeNull();
    expect(drawnHindrance(on(), [network])?.message).toContain('vqvae/diffusion_pytorch_model.safetensors');
    expect(drawnHindrance({ ...on(), on: false }, [network])).toBeNull();
    // What a model that is not chosen lacks does not matter, and the other way round.
    expect(drawnHindrance(on({ model: 'ldsr' }), [drawer, ldsr])).toBeNull();
    expect(drawnHindrance(on(), [drawer, ldsr])?.detail).toEqual({ part: 'text-encoder' });
  });
});
