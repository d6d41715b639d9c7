/** Ready-made ONNX folders (scripts/reference/diffusion-onnx.py) through the engine: each dialect has the weights of the others. */

import { afterEach, expect, it } from 'vitest';
import type { NamedBlob } from '../../src/formats/weights-file.ts';
import type { PixelBlock } from '../../src/picture/pixel-store.ts';
import type { RefineStep } from '../../src/recipes/refine.ts';
import { Desk, testPicture } from './testing/desk.ts';

const merges = await (await fetch('/models/clip/merges.txt')).blob();
const size = { width: 64, height: 64 };
const step: RefineStep = {
  kind: 'refine',
  prompt: 'a photo',
  guidance: 1,
  steps: 2,
  strength: 0.5,
  sampler: 'ddim',
  seed: 5,
};

let desk: Desk;

afterEach(() => {
  desk.end();
});

async function unpacked(path: string): Promise<NamedBlob> {
  const packed = await fetch(`/scripts/reference/diffusion/onnx/${path}.gzip`);
  if (!packed.ok || !packed.body) throw new Error(`There is no ${path}.`);
  const blob = await new Response(packed.body.pipeThrough(new DecompressionStream('gzip'))).blob();
  return { name: path, blob };
}

const whole = ['text_encoder', 'unet', 'vae_encoder', 'vae_decoder'].map((part) => `${part}/model.onnx`);

async function folder(dialect: string, paths: readonly string[]): Promise<readonly NamedBlob[]> {
  const scheduler = {
    name: `${dialect}/scheduler/scheduler_config.json`,
    blob: new Blob(['{"prediction_type": "epsilon"}']),
  };
  return [...(await Promise.all(paths.map((path) => unpacked(`${dialect}/${path}`)))), scheduler];
}

const external = await folder('b', [...whole, ...whole.map((path) => `${path}_data`)]);

async function open(choice: 'wasm' | 'webgpu'): Promise<'fp32' | 'fp16'> {
  desk = new Desk();
  const started = await desk.engine.start({ choice, threads: 2 });
  if (!started.ok) throw new Error(started.error.message);
  await desk.put('picture', testPicture(size));
  return started.value.precision;
}

async function redrawn(files: readonly NamedBlob[]): Promise<PixelBlock> {
  const recipe = { version: 1, steps: [step] } as const;
  return (await desk.enlarge({ pictureId: 'picture', recipe, models: [], diffusion: { files, merges } }))
    .picture;
}

function largestDifference(a: PixelBlock, b: PixelBlock): number {
  let most = a.data.length === b.data.length ? 0 : Infinity;
  for (const [i, value] of a.data.entries()) most = Math.max(most, Math.abs(value - (b.data[i] ?? 0)));
  return most;
}

it('give one picture in two dialects on the CPU, and the same on the GPU', { timeout: 400_000 }, async () => {
  await open('wasm');
  const expected = await redrawn(external);
  expect(largestDifference(expected, testPicture(size))).toBeGreaterThan(20);
  const inside = await folder('a', [...whole, 'unet/weights.pb']);
  expect(largestDifference(await redrawn(inside), expected)).toBeLessThan(2);
  desk.end();
  await open('webgpu');
  expect(largestDifference(await redrawn(external), expected)).toBeLessThan(3);
});

it('in half precision are refused where the GPU has none', async () => {
  const precision = await open('webgpu');
  const files = [...external.filter(({ name }) => !/\/unet\//.test(name)), await unpacked('c/unet.onnx')];
  const recipe = { version: 1, steps: [step] } as const;
  const job = {
    jobId: 'job',
    resultId: 'result',
    previewPixels: 0,
    pictureId: 'picture',
    recipe,
    models: [],
  };
  const outcome = await desk.engine.run({ ...job, diffusion: { files, merges } }, () => undefined);
  if (precision === 'fp16') return;
  expect(outcome).toMatchObject({ kind: 'stopped', error: { code: 'model-unsupported' } });
  expect(outcome.kind === 'stopped' && outcome.error.message).toContain(
    '"c/unet.onnx" computes in half precision',
  );
});
