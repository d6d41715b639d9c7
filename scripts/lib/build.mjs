/** Builds the app when its build is missing or older than a source. */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root, runLoudly } from './run.mjs';

const sources = [
  'src',
  'workers',
  'public',
  'index.html',
  'package.json',
  'package-lock.json',
  'vite.config.ts',
  'scripts/lib',
];

/**
 * @param {string} [folder] of the build
 * @returns {boolean} whether there is a build now
 */
export function ensureBuilt(folder = join(root, 'dist')) {
  const built = join(folder, 'index.html');
  if (existsSync(built)) {
    const since = statSync(built).mtimeMs;
    if (sources.every((source) => newest(join(root, source)) <= since)) return true;
  }
  process.stderr.write('Building ...\n');
  const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
  const options = ['--logLevel', 'error', '--emptyOutDir', '--outDir', folder];
  return runLoudly(process.execPath, [vite, 'build', ...options]);
}

/**
 * @param {string} path
 * @returns {number} when a file, or the newest file below a folder, was changed
 */
function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(
    stat.mtimeMs,
    ...readdirSync(path)
      .filter((name) => !name.endsWith('.test.ts'))
      .map((name) => newest(join(path, name))),
  );
}
