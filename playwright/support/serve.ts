/** Serves the built app for the stories, as `vite preview` does; builds it first when it is older than its sources. */

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root, runLoudly } from '../../scripts/lib/run.mjs';
import { distFolder, port } from './addresses.ts';

const sources = [
  'src',
  'workers',
  'public',
  'index.html',
  'vite.config.ts',
  'package-lock.json',
  'scripts/lib',
];

function changed(path: string): number {
  const { mtimeMs } = statSync(path);
  const names = statSync(path).isDirectory() ? readdirSync(path) : [];
  return Math.max(mtimeMs, ...names.map((name) => changed(join(path, name))));
}

const built = join(distFolder, 'index.html');
const stale =
  !existsSync(built) || sources.some((path) => changed(join(root, path)) > statSync(built).mtimeMs);
const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
const build = ['build', '--logLevel', 'warn', '--emptyOutDir', '--outDir', distFolder];
if (stale && !runLoudly(process.execPath, [vite, ...build])) process.exit(1);

const preview = ['preview', '--outDir', distFolder, '--port', String(port), '--strictPort'];
const server = spawn(process.execPath, [vite, ...preview], { cwd: root, stdio: 'inherit' });
server.on('exit', (code) => process.exit(code ?? 0));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => server.kill('SIGTERM'));
