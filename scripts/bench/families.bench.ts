/**
 * A tiny network of every family, with seeded weights, on WebGPU against WASM by the engine's sessions, fp32. Without a GPU this is the
 * software adapter: some minutes. `-t NAME` takes only some.
 */

import { describe, expect, it } from 'vitest';
import { differenceOnGpu, openDesks } from '../../workers/engine/testing/family-on-gpu.ts';

const fixtures = Object.keys(import.meta.glob('../reference/families/*.safetensors')).map((path) =>
  path.replace(/^.*\/|\.safetensors$/g, ''),
);
const desks = await openDesks();

describe('families', () => {
  it.each(fixtures)('%s agrees', async (fixture) => {
    const start = performance.now();
    const most = await differenceOnGpu(desks, fixture);
    const seconds = (performance.now() - start) / 1000;
    console.log(`families ${fixture}: most ${most.toExponential(1)} in ${seconds.toFixed(1)} s`);
    expect(most).toBeLessThanOrEqual(2 / 255);
  });
});
