/** What the library made and knows beside a model's files: the engine draws the same picture with it as by itself. */

import { describe, expect, it } from 'vitest';
import { invariant } from '../../src/base/assert.ts';
import type { NamedBlob } from '../../src/formats/weights-file.ts';
import type { PixelBlock } from '../../src/picture/pixel-store.ts';
import type { DiffusionSource, MergedPart } from '../../src/protocol/engine.ts';
import { withDefaults, type RefineStep } from '../../src/recipes/refine.ts';
import { prepareRefine, type OpenedRefine } from '../../workers/engine/diffusion/open.ts';
import { MergedLoras } from '../../workers/library/diffusion/merged-loras.ts';
import { MemoryStore } from '../../workers/library/testing.ts';
import { merges, nodeOpener, refined, storeOf } from './refining.ts';
import { tinyDiffusion } from './tiny-diffusion.ts';
import { tinyLora } from './tiny-lora.ts';

const size = { width: 64, height: 64 };
const input = await storeOf(size, (x, y, channel) => (x + 2 * y + 20 * channel) / 240);
const model = tinyDiffusion('epsilon', 'f16').map(({ name, blob }) => ({ name: `model/${name}`, blob }));
const lora: NamedBlob = { name: 'paint.safetensors', blob: tinyLora() };
const drawn = { kind: 'refine', prompt: 'a photo', strength: 0.9, steps: 1, guidance: 1 } as const;

async function opened(step: RefineStep, source: Omit<DiffusionSource, 'merges'>): Promise<OpenedRefine> {
  const how = { precision: 'fp32', flash: false } as const;
  const given = { ...source, merges };
  const made = await prepareRefine(withDefaults(step), given, size, how, nodeOpener().open, () => undefined);
  invariant(made.ok, made.ok ? '' : made.error.message);
  return made.value;
}

async function draw(step: RefineStep, source: Omit<DiffusionSource, 'merges'>): Promise<PixelBlock['data']> {
  return (await refined(await opened(step, source), input)).data;
}

function meanDifference(a: PixelBlock['data'], b: PixelBlock['data']): number {
  let sum = 0;
  for (const [at, value] of a.entries()) sum += Math.abs(value - (b[at] ?? 0));
  return sum / a.length;
}

describe('LoRAs that were merged before', async () => {
  const files = [...model, lora];
  const withWeight = (weight: number): RefineStep => ({
    ...drawn,
    weights: { checkpoint: 'model', loras: [{ file: 'paint.safetensors', weight }] },
  });

  async function merged(step: RefineStep): Promise<readonly MergedPart[]> {
    const owned = files.map((file) => ({ ...file, owner: file.name }));
    const made = await new MergedLoras(new MemoryStore()).of(owned, [step], () => undefined);
    invariant(made.ok, made.ok ? '' : made.error.message);
    return made.value;
  }

  const step = withWeight(1);
  const usual = await draw(step, { files });

  it('draw what merging for the job draws', async () => {
    expect(meanDifference(await draw(step, { files, merged: await merged(step) }), usual)).toBeLessThan(0.5);
    expect(
      meanDifference(await draw({ ...drawn, weights: { checkpoint: 'model' } }, { files }), usual),
    ).toBeGreaterThan(2);
  });

  it('are taken as they are, and left where the step wants others', async () => {
    const other = await merged(withWeight(-1));
    // Said to be of this step, these show in the picture.
    const taken = other.map((part) => ({ ...part, loras: [{ file: 'paint.safetensors', weight: 1 }] }));
    expect(await draw(step, { files, merged: other })).toEqual(usual);
    expect(meanDifference(await draw(step, { files, merged: taken }), usual)).toBeGreaterThan(2);
  });
});

describe('what a model predicts', () => {
  const silent = model.filter(({ name }) => !name.includes('scheduler'));
  const step: RefineStep = { ...drawn, weights: { checkpoint: 'model' } };

  it('is taken from what is known where no file tells it, and found out and told otherwise', async () => {
    const scheduler = new Blob([JSON.stringify({ prediction_type: 'v_prediction' })]);
    const config = { name: 'model/scheduler/scheduler_config.json', blob: scheduler };
    const velocity = await draw(step, { files: [...silent, config] });
    const told = await opened(step, { files: silent, told: [{ checkpoint: 'model', prediction: 'v' }] });
    expect((await refined(told, input)).data).toEqual(velocity);
    expect(told.networks.learned).toBeNull();
    const asked = await opened(step, { files: silent, told: [{ checkpoint: 'other', prediction: 'v' }] });
    await refined(asked, input);
    expect(['epsilon', 'v']).toContain(asked.networks.learned);
  });
});
