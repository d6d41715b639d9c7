/** Two predictions in one call on a GPU (of software here, in half precision where it has it), against one call each. */

import { expect, it } from 'vitest';
import { tinyDiffusion } from '../../../scripts/reference/tiny-diffusion.ts';
import { seeded } from '../../../scripts/reference/seeded.ts';
import type { Result } from '../../../src/base/result.ts';
import type { Floats, Prediction } from '../../../src/diffusion/refine/networks.ts';
import { withDefaults } from '../../../src/recipes/refine.ts';
import { startBackend } from '../backend.ts';
import { prepareRefine } from './open.ts';
import { partOpener } from './part-session.ts';
import { roomOn } from './room.ts';
import type { StepNetworks } from './step-networks.ts';

const size = { width: 8, height: 8 };

function callOf(context: string): Prediction {
  const sample = seeded('sample', [4 * 64], -2, 2);
  return {
    sample,
    size,
    timestep: 421,
    context: seeded(context, [77 * 64], -1, 1),
    guidance: 7,
    control: null,
  };
}

function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

function relativeError(one: Floats, other: Floats): number {
  const norm = (values: Floats): number => Math.hypot(...values);
  return norm(one.map((value, i) => value - (other[i] ?? NaN))) / norm(other);
}

it('two predictions in one call are what two calls give', { timeout: 300_000 }, async () => {
  const backend = value(await startBackend({ choice: 'webgpu', threads: 1 }));
  const { precision } = backend.report;
  const merges = await (await fetch('/models/clip/merges.txt')).blob();
  const open = partOpener(backend, { backend: 'webgpu', device: backend.gpu?.device ?? null });
  // In half precision the device's own room is enough for a tiny model; in full precision there is none.
  const room = roomOn(backend);
  expect(room !== null).toBe(precision === 'fp16');
  const networks = async (given: typeof room): Promise<StepNetworks> => {
    const how = { precision, flash: false, room: given } as const;
    const source = { files: tinyDiffusion(), merges };
    const step = withDefaults({ kind: 'refine' });
    const picture = { width: 64, height: 64 };
    return value(await prepareRefine(step, source, picture, how, open, () => undefined)).networks;
  };
  const [first, second] = [callOf('a cat'), callOf('blurry')];
  const together = await networks(room ?? { bytes: Infinity, binding: Infinity });
  const both = value(await together.predict([first, second]));
  await together.release();
  expect(both).toHaveLength(2);

  const apart = await networks(null);
  const expected = [];
  for (const calls of [[first, second], [second]]) {
    const answers = value(await apart.predict(calls));
    expect(answers).toHaveLength(1);
    expected.push(...answers);
  }
  await apart.release();
  for (const [i, answer] of both.entries()) {
    const error = relativeError(answer, expected[i] ?? new Float32Array(0));
    expect(error).toBeLessThan(precision === 'fp16' ? 1e-2 : 1e-4);
  }
  // They are answers to two different texts.
  expect(relativeError(both[0] ?? new Float32Array(0), both[1] ?? new Float32Array(0))).toBeGreaterThan(0.01);
});
