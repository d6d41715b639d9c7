/** Installs the dependencies when they are missing or older than the lockfile. */

import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root, runLoudly } from './run.mjs';

/** @returns {void} Ends the process with a clear word when it cannot be done. */
export function ensureInstalled() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    give(`Node ${process.versions.node} is too old: Enlarger needs Node 20.19 or later.`);
  }
  const installed = join(root, 'node_modules', '.package-lock.json');
  const lock = join(root, 'package-lock.json');
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  process.stderr.write('Installing the dependencies (npm ci) ...\n');
  if (!runLoudly('npm', ['ci', '--loglevel=error'])) {
    give('The dependencies could not be installed. Look above for the reason; a network is needed once.');
  }
}

/**
 * @param {string} message
 * @returns {never}
 */
function give(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
