/** The engine's refine pass in Node: parts run by onnxruntime-node, pictures in memory. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { weightsPath } from '../../src/architectures/graph-builder.ts';
import type { Failure } from '../../src/base/errors.ts';
import { ok } from '../../src/base/result.ts';
import { writeOnnx } from '../../src/formats/onnx/writer.ts';
import type { NamedBlob } from '../../src/formats/weights-file.ts';
import { rectOf, type Size } from '../../src/picture/geometry.ts';
import { MemoryStore } from '../../src/picture/memory-store.ts';
import type { PixelBlock, PixelStore } from '../../src/picture/pixel-store.ts';
import { withDefaults, type RefineStep } from '../../src/recipes/refine.ts';
import { prepareRefine, type OpenedRefine } from '../../workers/engine/diffusion/open.ts';
import type { Room } from '../../workers/engine/diffusion/room.ts';
import { openReady } from '../../workers/engine/diffusion/onnx-session.ts';
import type { OpenPart } from '../../workers/engine/diffusion/part-session.ts';
import type { PassWork, Written } from '../../workers/engine/steps/pass-work.ts';
import { refinePass } from '../../workers/engine/steps/refine.ts';
import { nodeRuntime } from './onnx-folders.ts';

export const merges = new Blob([
  readFileSync(join(import.meta.dirname, '../../public/models/clip/merges.txt')),
]);

/** What is known of parts in Node: how many are open, the most that ever were at once, and calls by the part's name and batch. */
interface NodeParts {
  readonly open: OpenPart;
  readonly held: () => number;
  readonly most: () => number;
  readonly calls: ReadonlyMap<string, number>;
}

export function nodeOpener(): NodeParts {
  let [held, most] = [0, 0];
  const calls = new Map<string, number>();
  const open: OpenPart = async (model, weights) => {
    if ('ready' in model) return openReady(model, nodeRuntime);
    const session = await InferenceSession.create(writeOnnx(model), {
      executionProviders: ['cpu'],
      externalData: [{ path: weightsPath, data: new Uint8Array(await weights.arrayBuffer()) }],
      intraOpNumThreads: 2,
      logSeverityLevel: 3,
    });
    most = Math.max(most, ++held);
    return ok({
      run: async (inputs) => {
        const called = `${model.name} ${String(model.inputs[0]?.shape?.[0] ?? 1)}`;
        calls.set(called, (calls.get(called) ?? 0) + 1);
        const feeds = Object.entries(inputs).map(([name, values]): [string, Tensor] => {
          const dims = model.inputs.find((input) => input.name === name)?.shape?.map(Number) ?? [];
          return [
            name,
            values instanceof Float32Array
              ? new Tensor('float32', values, dims)
              : new Tensor('int32', values, dims),
          ];
        });
        const results = await session.run(Object.fromEntries(feeds));
        return ok(
          Object.fromEntries(
            Object.entries(results).map(([name, { data }]) => [name, new Float32Array(data as Float32Array)]),
          ),
        );
      },
      release: async () => {
        held--;
        await session.release();
      },
    });
  };
  return { open, held: () => held, most: () => most, calls };
}

export interface NodeMeans {
  readonly room?: Room | null;
  readonly open?: OpenPart;
  readonly notice?: (notice: Failure) => void;
}

/** A refine step made ready for pictures of `size`. */
export async function openRefining(
  step: Omit<RefineStep, 'kind'>,
  files: readonly NamedBlob[],
  size: Size,
  { room = null, open = nodeOpener().open, notice = () => undefined }: NodeMeans = {},
): Promise<OpenedRefine> {
  const full = withDefaults({ kind: 'refine', ...step });
  const means = { precision: 'fp32', flash: false, room } as const;
  const made = await prepareRefine(full, { files, merges }, size, means, open, notice);
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}

/** A store of 8 bits: a colour (0..1) a pixel, opaque. */
export async function storeOf(
  size: Size,
  colour: (x: number, y: number, channel: number) => number,
): Promise<MemoryStore> {
  const data = Uint8ClampedArray.from({ length: size.width * size.height * 4 }, (_, i) => {
    const pixel = Math.floor(i / 4);
    if (i % 4 === 3) return 255;
    return Math.round(255 * colour(pixel % size.width, Math.floor(pixel / size.width), i % 4));
  });
  const store = emptyStore(size);
  await store.write({ x: 0, y: 0, ...size }, { ...size, data });
  return store;
}

export function emptyStore({ width, height }: Size): MemoryStore {
  return MemoryStore.over({ width, height }, 8, new ArrayBuffer(4 * width * height));
}

/** Runs operations of a pass, all from `from` on when `to` is absent, and tells what each wrote. */
export async function runPass(work: PassWork, from = 0, to = work.tiles): Promise<(Written | null)[]> {
  const written: (Written | null)[] = [];
  for (let index = from; index < to; index++) {
    const done = await work.run(index);
    if (!done.ok) throw new Error(done.error.message);
    written.push(done.value);
  }
  return written;
}

/** The whole of a step over a picture. */
export async function refined(opened: OpenedRefine, input: PixelStore): Promise<PixelBlock> {
  const output = emptyStore(input);
  await runPass(refinePass({ input, output, notice: () => undefined }, opened));
  return output.read(rectOf(output));
}
