/** `npm run bench -- NAME [ARGUMENTS]`: the longer measurements of docs/benchmarks.md, one by one. */

import { spawnSync } from 'node:child_process';
import { ensureBuilt } from './lib/build.mjs';
import { ensureChromium } from './lib/chromium.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { root } from './lib/run.mjs';

/** Each is a file of scripts/bench: `page` runs in vitest's browser, `node` in Node. */
const benches = {
  attention: { in: 'page', what: "the runtime's fused attention on WebGPU against WASM" },
  backends: { in: 'page', what: 'every shipped network on WebGPU against WASM' },
  families: { in: 'page', what: 'a tiny network of every family on WebGPU against WASM' },
  'family-context': { in: 'node', what: 'how much context the networks of each family need' },
  'full-size-diffusion': {
    in: 'node',
    what: 'what the tab holds of a checkpoint in one file of 2 GB, step by step',
  },
  'long-tasks': { in: 'node', what: 'tasks over 50 ms on the main thread while a job runs' },
  'made-up-diffusion': {
    in: 'node',
    what: 'writes a diffusion model of a published size with made-up weights',
  },
  'model-context': { in: 'node', what: 'how much context the deep networks need' },
  'model-quality': { in: 'node', what: 'shipped networks against an independent run of their weights' },
  overhead: { in: 'page', what: "the engine's run against the bare session's" },
  'read-weights': { in: 'node', what: 'from a dropped 64 MB file to its graph: seconds and memory' },
  tiling: { in: 'node', what: 'tiled against untiled, with the seam measure' },
};

const [name = '', ...rest] = process.argv.slice(2);
const bench = Object.entries(benches).find(([known]) => known === name)?.[1];
if (bench === undefined) {
  const lines = Object.entries(benches).map(([known, { what }]) => `  ${known.padEnd(20)} ${what}`);
  console.error(`Usage: npm run bench -- NAME [ARGUMENTS]\n\n${lines.join('\n')}`);
  process.exit(2);
}

ensureInstalled();
ensureChromium();
if (name === 'long-tasks' && !ensureBuilt()) process.exit(1);
const args =
  bench.in === 'page'
    ? ['vitest', 'run', '--config', 'scripts/bench/vitest.config.ts', `${name}.bench`]
    : ['tsx', `scripts/bench/${name}.ts`];
process.exitCode = spawnSync('npx', [...args, ...rest], { cwd: root, stdio: 'inherit' }).status ?? 1;
