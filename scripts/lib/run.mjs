/** Runs commands for the entry scripts. Only Node's own modules: it works before `npm ci`. */

import { spawn, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * Runs a command to its end and shows all it says on standard error, so that standard output stays the caller's.
 * @param {string} command
 * @param {readonly string[]} args
 * @returns {boolean} whether it worked
 */
export function runLoudly(command, args) {
  return spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] }).status === 0;
}

/**
 * Runs a command and gives back what it said.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string>, onText?: (text: string) => void }} [options]
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export function runQuietly(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    /** @param {Buffer} data */
    const take = (data) => {
      output += data.toString();
      options.onText?.(data.toString());
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', (error) => {
      resolve({ ok: false, output: `${output}${error.message}\n` });
    });
    child.on('close', (code) => {
      resolve({ ok: code === 0, output });
    });
  });
}
