/** The samplers by name, and what the steps of each may stand on. */

import type { Grid } from '../schedule/spacing.ts';

export type SamplerName =
  'ddim' | 'euler' | 'euler-a' | 'heun' | 'dpmpp-2m' | 'dpmpp-2m-sde' | 'dpmpp-3m-sde' | 'lcm' | 'turbo';

/** What a person chooses; `normal` is each sampler's own. */
export type SpacingName = 'normal' | 'karras' | 'trailing';

export interface SamplerTraits {
  /** The spacings that apply, the usual one first. */
  readonly grids: Partial<Readonly<Record<SpacingName, Grid>>>;
  readonly usual: SpacingName;
  /** How much of the noise that a step may renew it renews, 0 to 1. */
  readonly eta: number;
  /** A level more is laid out and the last one above 0 left out, as AUTOMATIC1111 does for it. */
  readonly skipsLast?: true;
  /** It ends at the least level of the schedule instead of at 0. */
  readonly endsNoisy?: true;
  /** It asks the network twice a step, but once in a step that ends at 0. */
  readonly secondOrder?: true;
}

const everyGrid = { normal: 'linear', karras: 'karras', trailing: 'trailing' } as const;

export const samplerTraits: Readonly<Record<SamplerName, SamplerTraits>> = {
  ddim: { grids: { normal: 'leading', trailing: 'trailing' }, usual: 'normal', eta: 0, endsNoisy: true },
  euler: { grids: everyGrid, usual: 'normal', eta: 0 },
  'euler-a': { grids: everyGrid, usual: 'normal', eta: 1 },
  heun: { grids: everyGrid, usual: 'karras', eta: 0, secondOrder: true },
  'dpmpp-2m': { grids: everyGrid, usual: 'karras', eta: 0 },
  'dpmpp-2m-sde': { grids: everyGrid, usual: 'karras', eta: 1 },
  'dpmpp-3m-sde': { grids: everyGrid, usual: 'karras', eta: 1, skipsLast: true },
  lcm: { grids: { normal: 'lcm', trailing: 'trailing' }, usual: 'normal', eta: 0 },
  turbo: { grids: { trailing: 'trailing' }, usual: 'trailing', eta: 0 },
};

/** How often a sampler asks the network in each of its steps but the last: 1 or 2. */
export function evaluationsAStep(sampler: SamplerName): 1 | 2 {
  return samplerTraits[sampler].secondOrder === true ? 2 : 1;
}
