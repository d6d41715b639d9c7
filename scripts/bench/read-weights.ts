/**
 * From a dropped 64 MB file to its graph: seconds, and memory above the file's own Blob. Each file is made here, and
 * read by a fresh process whose Blob stands for the file on the disk, as a browser's does.
 */

import { spawnSync } from 'node:child_process';
import { openAsBlob } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { findWeights, openWeights } from '../../src/architectures/open-weights.ts';
import { buildGraph, networkTensors } from '../../src/architectures/registry.ts';
import { valueCount } from '../../src/formats/tensor-bytes.ts';
import { pthOf, stateCode } from '../../src/formats/testing/pickle.ts';
import { safetensorsOf } from '../../src/formats/testing/safetensors.ts';
import { must } from './must.ts';

const specs = networkTensors('esrgan', { features: 64, growth: 32, blocks: 23 });
const mostSeconds = 2;
const mostMegabytes = 100;
const mega = 1e6;

/** Values as a training leaves them; which ones does not matter. */
function weights(shape: readonly number[]): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: valueCount(shape) }, (_, index) => Math.sin(index) / 20);
}

async function pth(packed: boolean): Promise<Uint8Array<ArrayBuffer>> {
  const tensors = specs.map(({ name, shape }, index) => ({
    name: `params_ema.${name}`,
    key: String(index),
    shape,
  }));
  const storages = specs.map(
    ({ shape }, index) => [String(index), new Uint8Array(weights(shape).buffer)] as const,
  );
  return pthOf(stateCode(tensors), Object.fromEntries(storages), { packed });
}

function brainSafetensors(): Uint8Array<ArrayBuffer> {
  let offset = 0;
  const header = specs.map(({ name, shape }) => {
    const start = offset;
    offset += 2 * valueCount(shape);
    return [name, { dtype: 'BF16', shape, data_offsets: [start, offset] }] as const;
  });
  return safetensorsOf(Object.fromEntries(header), new Uint8Array(offset).fill(0x3c));
}

/** The most memory that the process is seen to hold; between two looks lie 2 ms, or a piece of work without a wait. */
function watchMemory(): () => number {
  let most = 0;
  const look = (): number => (most = Math.max(most, process.memoryUsage.rss()));
  const timer = setInterval(look, 2);
  return () => {
    clearInterval(timer);
    return look();
  };
}

async function measure(path: string): Promise<void> {
  const blob = await openAsBlob(path);
  const before = process.memoryUsage.rss();
  const peak = watchMemory();
  const begin = performance.now();
  const found = must(await findWeights([{ name: path, blob }]));
  const recognised = performance.now();
  const table = must(await openWeights(found));
  const checked = performance.now();
  must(buildGraph(found.network, table, 'fp16'));
  const end = performance.now();
  const seconds = [recognised - begin, checked - recognised, end - checked].map((time) =>
    (time / 1000).toFixed(2),
  );
  const total = (end - begin) / 1000;
  const megabytes = (peak() - before) / mega;
  console.log(
    `${basename(path)}, ${(blob.size / mega).toFixed(0)} MB: ${total.toFixed(2)} s (read and recognised ${seconds[0] ?? ''}, ` +
      `converted and every value looked at ${seconds[1] ?? ''}, graph ${seconds[2] ?? ''}), ${megabytes.toFixed(0)} MB above the Blob`,
  );
  if (path.endsWith('fp32.pth') && (total > mostSeconds || megabytes > mostMegabytes)) process.exitCode = 1;
}

const [given] = process.argv.slice(2);
if (given === undefined) {
  const folder = await mkdtemp(join(tmpdir(), 'enlarger-'));
  try {
    const files = {
      'fp32.pth': await pth(false),
      'packed.pth': await pth(true),
      'bf16.safetensors': brainSafetensors(),
    };
    for (const [name, bytes] of Object.entries(files)) {
      const path = join(folder, name);
      await writeFile(path, bytes);
      const script = new URL(import.meta.url).pathname;
      const { status } = spawnSync(process.execPath, ['--no-warnings', ...process.execArgv, script, path], {
        stdio: 'inherit',
      });
      if (status !== 0) process.exitCode = 1;
    }
  } finally {
    await rm(folder, { recursive: true });
  }
} else await measure(given);
