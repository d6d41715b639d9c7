/** Networks without weights that draw a plain grey, each of the UNet's tiles another, as those do whose norms see one tile alone. */

import { at } from '../../src/base/assert.ts';
import { ok } from '../../src/base/result.ts';
import type { Floats } from '../../src/diffusion/refine/networks.ts';
import { scaledLinearSchedule, sigmaAt } from '../../src/diffusion/schedule/noise-schedule.ts';
import type { StepNetworks } from '../../workers/engine/diffusion/step-networks.ts';

const schedule = scaledLinearSchedule();

/** Texts come from `real`. What is to be decoded goes to `drawn`, unscaled as it is; the picture stays grey. */
export function flatNetworks(real: StepNetworks, drawn: (latent: Floats) => void): StepNetworks {
  return {
    traits: real.traits,
    inTurn: true,
    learned: null,
    takeTurns: () => undefined,
    release: () => real.release(),
    text: (chunk) => real.text(chunk),
    encode: async (_, { width, height }) => ok(new Float32Array(4 * width * height)),
    predict: async (calls) => {
      const { sample, timestep } = at(calls, 0);
      const sigma = sigmaAt(schedule, timestep);
      const size = Math.sqrt(1 + sigma * sigma);
      // Any number that differs from tile to tile.
      const grey = Math.sin(1000 * at([...sample], 0));
      return ok([sample.map((value) => (value * size - grey) / sigma)]);
    },
    decode: async (latent, { width, height }) => {
      drawn(latent);
      return ok(new Float32Array(3 * 64 * width * height));
    },
  };
}
