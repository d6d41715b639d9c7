/**
 * Graphs that compute in half precision, on a Vulkan driver that has it: the same kernels as the browser's
 * WebGPU backend. The CPU cannot tell: it computes in fp32 whatever the graph says. Mesa's software driver
 * (llvmpipe, Mesa 25) will do; without one the test is skipped. The driver's file is named by
 * `VK_DRIVER_FILES`.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { bytesOf, cropPlanes, planesOf } from '../models/planes.ts';
import { graphOf, Network, type Planes } from '../models/run.ts';
import { compare } from './compare.ts';

const driver = process.env['VK_DRIVER_FILES'];
const side = 32;

it.skipIf(!driver).each(['photo-fast', 'anime-fast'])(
  '%s in half precision on a GPU (skipped without VK_DRIVER_FILES)',
  { timeout: 120_000 },
  async (id) => {
    const picture = planesOf(decode(readFileSync(join(import.meta.dirname, 'picture.png'))));
    const input = cropPlanes(picture, { x: 16, y: 8, width: side, height: side });
    const path = join(import.meta.dirname, '../../public/models', `${id}.onnx`);
    const file = new Uint8Array(readFileSync(path));
    const cpu = await (await Network.open(await graphOf(file, 'fp32'))).run(input);

    const graph = await graphOf(file, 'fp16');
    const externalData = await Promise.all(
      graph.external.map(async (part) => ({
        path: part.path,
        data: new Uint8Array(await part.blob.arrayBuffer()),
      })),
    );
    const session = await InferenceSession.create(graph.model, {
      executionProviders: ['webgpu'],
      externalData,
    });
    const output = (await session.run({ input: new Tensor('float32', input.data, [1, 3, side, side]) }))[
      'output'
    ];
    if (!(output?.data instanceof Float32Array)) throw new Error('No fp32 output');
    const gpu: Planes = { width: cpu.width, height: cpu.height, data: output.data };
    expect(gpu.data.every(Number.isFinite)).toBe(true);
    const { most, mean } = compare(bytesOf(gpu), bytesOf(cpu));
    expect(most).toBeLessThanOrEqual(3);
    expect(mean).toBeLessThanOrEqual(0.3);
    expect(mean).toBeGreaterThan(0); // or it was the CPU
  },
);
