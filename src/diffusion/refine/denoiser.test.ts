import { expect, it } from 'vitest';
import { ok } from '../../base/result.ts';
import { MemoryStore } from '../../picture/memory-store.ts';
import { noiseField } from '../noise/noise-field.ts';
import type { SamplerName } from '../samplers/names.ts';
import { askedStill, begin } from '../samplers/run.ts';
import { scaledLinearSchedule } from '../schedule/noise-schedule.ts';
import { planSteps } from '../schedule/plan.ts';
import { pictureCanvas } from './canvas.ts';
import { CanvasDenoiser } from './denoiser.ts';
import type { Networks } from './networks.ts';

const nothing = new Float32Array(0);

/** What the UNet is told, call by call, where evaluation 3 has the text [3]. */
async function toldOf(sampler: SamplerName): Promise<number[]> {
  const plan = planSteps(scaledLinearSchedule(), { sampler, steps: 3, strength: 1 });
  if (!plan.ok) throw new Error(plan.error.message);
  const evaluations = askedStill(begin(plan.value, nothing, nothing));
  const size = { width: 64, height: 64 };
  const canvas = pictureCanvas(
    size,
    0,
    { plan: plan.value, evaluations },
    { tile: 8, overlap: 0, vaeTile: 8, multiple: 8 },
  );
  const told: number[] = [];
  const networks: Networks = {
    traits: {
      prediction: 'epsilon',
      scaling: { encoder: 1, decoder: 1 },
      contextWidth: 1,
      padding: 0,
      guidanceInput: false,
    },
    text: () => Promise.reject(new Error('No text is read here')),
    encode: () => Promise.reject(new Error('Nothing is encoded here')),
    decode: () => Promise.reject(new Error('Nothing is decoded here')),
    predict: (calls) => {
      told.push(...calls.flatMap(({ context }) => [...context]));
      return Promise.resolve(ok(calls.map(({ sample }) => sample)));
    },
  };
  const denoiser = new CanvasDenoiser(
    canvas,
    networks,
    { guidance: 1, control: () => null, contexts: (evaluation) => [Float32Array.of(evaluation)] },
    noiseField('philox', 0, { channels: 4, width: 8, height: 8 }),
    new Float32Array(4 * 64),
  );
  const picture = MemoryStore.over(size, 8, new ArrayBuffer(64 * 64 * 4));
  for (let i = 0; i < evaluations; i++) {
    const done = await denoiser.predict(0, 0, picture);
    if (!done.ok) throw new Error(done.error.message);
  }
  expect(denoiser.result()).toHaveLength(4 * 64);
  return told;
}

it('tells the UNet the text of each evaluation, of which a step may have two', async () => {
  expect(await toldOf('euler')).toEqual([0, 1, 2]);
  expect(await toldOf('heun')).toEqual([0, 1, 2, 3, 4]);
});
