/** `npm run bench -- NAME [ARGUMENTS]`: the longer measurements of docs/benchmarks.md, one by one. */

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { ensureChromium } from './lib/chromium.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { root } from './lib/run.mjs';

const folder = join(root, 'scripts', 'bench');
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.bench.ts') || file.endsWith('.run.ts'))
  .map((file) => file.replace(/\.(?:bench|run)\.ts$/, ''))
  .sort();

const [name, ...rest] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  console.error(`Usage: npm run bench -- NAME [ARGUMENTS]\nNames: ${names.join(', ')}.`);
  process.exit(2);
}

ensureInstalled();
ensureChromium();
// What needs the engine in a page runs in vitest's browser, the rest in Node.
const inPage = existsSync(join(folder, `${name}.bench.ts`));
const command = inPage
  ? ['npx', 'vitest', 'run', '--config', 'scripts/bench/vitest.config.ts', `${name}.bench`, ...rest]
  : ['npx', 'tsx', join(folder, `${name}.run.ts`), ...rest];
const [program = '', ...args] = command;
process.exitCode = spawnSync(program, args, { cwd: root, stdio: 'inherit' }).status ?? 1;
