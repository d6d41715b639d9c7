/** Previews decoded by TAESD: what its decoder gives for the denoised latent of a tile. */

import { describe, expect, it, vi } from 'vitest';
import { at } from '../../src/base/assert.ts';
import type { Result } from '../../src/base/result.ts';
import { latentToRgb, planesToRgb } from '../../src/diffusion/preview.ts';
import type { Floats, Networks } from '../../src/diffusion/refine/networks.ts';
import { Refining, type Drawn } from '../../src/diffusion/refine/refine.ts';
import { rectOf, type Size } from '../../src/picture/geometry.ts';
import type { RefineStep } from '../../src/recipes/refine.ts';
import { refinePass } from '../../workers/engine/steps/refine.ts';
import { emptyStore, openRefining, runPass, storeOf } from './refining.ts';
import { tinyDiffusion } from './tiny-diffusion.ts';

// Beside other work a run of many calls takes long.
vi.setConfig({ testTimeout: 60_000 });

/** Two tiles. */
const size = { width: 100, height: 64 };
const step: Omit<RefineStep, 'kind'> = {
  prompt: 'a cat',
  guidance: 1,
  strength: 0.5,
  steps: 4,
  sampler: 'euler',
  colour: 'none',
  tiles: { mode: 'joint', tile: 64, overlap: 16 },
};
const picture = storeOf(size, (x, y) => 0.5 + 0.4 * Math.sin(0.2 * x) * Math.cos(0.1 * y));

type Sketch = Extract<Drawn, { kind: 'sketch' }>;

/** The sketches of a run, each with what was shown when it was asked for; `allows` says which previews are made. */
async function sketches(
  allows: (asked: number) => boolean,
): Promise<{ readonly asked: readonly Floats[]; readonly drawn: readonly (Sketch | null)[] }> {
  const { planned, networks } = await openRefining(
    step,
    tinyDiffusion('epsilon', 'f32', { taesd: 'beside' }),
    size,
  );
  const asked: Floats[] = [];
  const decoded: Networks = {
    traits: networks.traits,
    text: (chunk) => networks.text(chunk),
    encode: (pixels, map) => networks.encode(pixels, map),
    decode: (latent, map) => networks.decode(latent, map),
    predict: (calls) => networks.predict(calls),
    preview: async (latent, map) => {
      asked.push(latent);
      return allows(asked.length) ? plain(latent, map) : null;
    },
  };
  const source = await picture;
  const refining = new Refining({ ...planned.order, source: () => source }, decoded);
  const drawn: (Sketch | null)[] = [];
  for (const [index, { kind }] of refining.operations.entries()) {
    const done = value(await refining.run(index));
    if (kind === 'predict') drawn.push(done?.kind === 'sketch' ? done : null);
  }
  await networks.release();
  return { asked, drawn };
}

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

/** TAESD in the place of a VAE: its decoder without any budget. */
const instead = openRefining(step, tinyDiffusion('epsilon', 'f32', { taesd: 'instead' }), size);

async function plain(latent: Floats, map: Size): Promise<Floats> {
  return value(await (await instead).networks.decode(latent, map));
}

describe('a preview by TAESD', () => {
  it('is its decoding of the denoised latent, within a tenth of the time', async () => {
    let time = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (time += 1));
    const files = tinyDiffusion('epsilon', 'f32', { taesd: 'beside' });
    const { networks } = await openRefining(step, files, size);
    const latent = Float32Array.from({ length: 4 * 64 }, (_, i) => Math.sin(i));
    const map = { width: 8, height: 8 };
    const call = {
      sample: latent,
      size: map,
      timestep: 9,
      context: new Float32Array(77 * 64),
      guidance: 1,
      control: null,
    };
    expect(await networks.preview?.(latent, map)).toBeNull();
    expect((await networks.predict([call])).ok).toBe(true);
    const shown = await networks.preview?.(latent, map);
    expect(shown).toEqual(await plain(latent, map));
    expect(await networks.preview?.(latent, map)).toBeNull();
    await networks.release();
    vi.restoreAllMocks();
  });

  it('is what is seen of a tile as large as it is, and stays until the next; before it are colours of the latent', async () => {
    // Three evaluations of two tiles: the first is not allowed, the next two are, and then no more.
    const { asked, drawn } = await sketches((count) => count === 2 || count === 3);
    expect(drawn).toHaveLength(6);
    const first = at(asked, 0);
    expect(drawn[0]).toMatchObject({ size: { width: 8, height: 8 }, rgba: latentToRgb(first, 8, 8) });
    for (const [place, request] of [
      [1, 1],
      [2, 2],
    ] as const) {
      const shown = planesToRgb(await plain(at(asked, request), { width: 8, height: 8 }));
      expect(drawn[place]).toMatchObject({ size: { width: 64, height: 64 }, rgba: shown });
    }
    // Both tiles were decoded once: the round begins anew, and nothing better is there.
    expect(drawn.slice(3)).toEqual([null, null, null]);
    expect(asked).toHaveLength(6);
  });

  it('asks for each tile once before it asks for one again', async () => {
    const { asked, drawn } = await sketches((count) => count % 2 === 1);
    // The second evaluation does not ask for the first tile again, which leaves the time to the other.
    expect(asked).toHaveLength(5);
    expect(drawn.map((sketch) => sketch?.size.width ?? null)).toEqual([64, 8, null, 64, null, 64]);
  });

  it('of the last step is the result, where TAESD decodes that too', async () => {
    const small = { width: 64, height: 64 };
    const source = await storeOf(small, (x, y) => ((x >> 3) + (y >> 3)) % 2);
    const opened = await openRefining(step, tinyDiffusion('epsilon', 'f32', { taesd: 'instead' }), small);
    const networks = Object.assign(opened.networks, { preview: plain });
    const output = emptyStore(small);
    const written = await runPass(
      refinePass({ input: source, output, notice: () => undefined }, { ...opened, networks }),
    );
    const [last, result] = written.slice(-2);
    expect(last?.block.data).toEqual((await output.read(rectOf(small))).data);
    expect(result?.rect).toEqual(last?.rect);
    await networks.release();
  });
});
