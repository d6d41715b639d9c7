import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planRefine, type PlannedRefine } from '../../../src/diffusion/refine/order.ts';
import { createTokenizer } from '../../../src/diffusion/text/tokenizer.ts';
import { withDefaults, type FullRefineStep, type RefineStep } from '../../../src/recipes/refine.ts';
import { planFault, withOneTile } from './onnx-plan.ts';

const fixed = { unet: 64, tokens: 77, vae: 64 };
const size = { width: 1000, height: 700 };

function stepOf(more: Partial<RefineStep>): FullRefineStep {
  return withDefaults({ kind: 'refine', prompt: '', guidance: 1, ...more });
}

const merges = readFileSync(join(import.meta.dirname, '../../../public/models/clip/merges.txt'), 'utf8');
const created = createTokenizer(merges);
if (!created.ok) throw new Error(created.error.message);
const tokenizer = created.value;

function planned(step: FullRefineStep, multiple = 64): PlannedRefine {
  const plan = planRefine(size, step, {
    traits: { scaling: { encoder: 1, decoder: 1 }, contextWidth: 8, padding: 0, guidanceInput: false },
    tokenizer,
    vocabulary: 49408,
    embeddings: [],
    controlled: false,
    vaeTile: 64,
    multiple,
  });
  if (!plan.ok) throw new Error(plan.error.message);
  return plan.value;
}

function fitted(more: Partial<RefineStep>, side = 64): FullRefineStep {
  const step = withOneTile(stepOf(more), { ...fixed, unet: side });
  if (!step.ok) throw new Error(step.error.message);
  return step.value;
}

describe('a UNet of one size', () => {
  it.each([
    ['joint', undefined],
    ['joint', { mode: 'joint' }],
    ['SD Upscale', { mode: 'sd-upscale' }],
    ['Ultimate SD Upscale', { mode: 'ultimate' }],
  ] as const)('gives the tiles of a step that says nothing of them: %s', (_, tiles) => {
    for (const side of [64, 96]) {
      const step = fitted(tiles ? { tiles } : {}, side);
      expect(planFault(planned(step, side), { ...fixed, unet: side, vae: null })).toBeNull();
    }
  });

  it('refuses other tiles, and takes its own', () => {
    const other = withOneTile(stepOf({ tiles: { mode: 'joint', tile: 768 } }), fixed);
    expect(other).toMatchObject({ ok: false, error: { code: 'recipe-invalid', detail: { tile: 512 } } });
    const own = stepOf({ tiles: { mode: 'joint', tile: 512 } });
    expect(withOneTile(own, fixed)).toEqual({ ok: true, value: own });
    expect(withOneTile(other.ok ? other.value : own, { ...fixed, unet: null })).toEqual({
      ok: true,
      value: own,
    });
    const large = planned(stepOf({ tiles: { mode: 'ultimate', tile: 512 } }));
    expect(planFault(large, fixed)).toMatchObject({ code: 'recipe-invalid' });
  });
});

it('a UNet of one chunk refuses a longer prompt', () => {
  expect(planFault(planned(fitted({ prompt: 'a '.repeat(75) })), fixed)).toBeNull();
  const long = planned(fitted({ prompt: 'a '.repeat(76) }));
  expect(planFault(long, fixed)).toMatchObject({ code: 'prompt-too-long', detail: { maximumChunks: 1 } });
  expect(planFault(long, { ...fixed, tokens: null })).toBeNull();
});

it('a VAE of less than its tiles need is said to be', () => {
  expect(planFault(planned(fitted({})), { ...fixed, vae: 32 })).toMatchObject({ code: 'model-unsupported' });
});
