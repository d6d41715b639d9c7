/**
 * Finds a Chromium, or installs one: CHROMIUM_PATH, the system's, then Playwright's own.
 * Before `npm ci` only Node's own modules may be imported here, so Playwright is asked by a dynamic import.
 */

import { existsSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { runLoudly } from './run.mjs';

const systemPaths = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** @returns {string | null} The path of a Chromium that starts. */
export function findChromium() {
  const asked = process.env['CHROMIUM_PATH'];
  if (asked !== undefined && asked !== '') {
    if (starts(asked)) return asked;
    throw new Error(`CHROMIUM_PATH is ${asked}, but no Chromium starts there.`);
  }
  return [...systemPaths, ...playwrightPath()].find(starts) ?? null;
}

/** Finds Chromium or installs it, and lets child processes know where it is. @returns {string} */
export function ensureChromium() {
  const path = findChromium() ?? installChromium();
  process.env['CHROMIUM_PATH'] = path;
  return path;
}

/** @returns {string} */
function installChromium() {
  process.stderr.write('No Chromium found: installing one ...\n');
  const system = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  const root = process.getuid?.() === 0;
  // Ubuntu's chromium package is an empty shell around a snap, which containers cannot run.
  if (root && /^ID=debian$/m.test(system)) {
    if (runLoudly('apt-get', ['update'])) {
      runLoudly('apt-get', ['install', '-y', '--no-install-recommends', 'chromium']);
    }
  }
  const found = findChromium();
  if (found !== null) return found;
  const dependencies = root && existsSync('/usr/bin/apt-get') ? ['--with-deps'] : [];
  runLoudly('npx', ['playwright', 'install', ...dependencies, 'chromium']);
  const installed = findChromium();
  if (installed !== null) return installed;
  throw new Error(
    'Chromium is needed and could not be installed. Install it yourself (for example `apt-get install chromium`, ' +
      'or Google Chrome), or set CHROMIUM_PATH to one that is already there, and try again.',
  );
}

/** @param {string} path */
function starts(path) {
  if (!existsSync(path)) return false;
  // On Windows `--version` opens a window.
  if (process.platform === 'win32') return true;
  return spawnSync(path, ['--version'], { stdio: 'ignore', timeout: 30_000 }).status === 0;
}

/** @returns {string[]} */
function playwrightPath() {
  try {
    const playwright = createRequire(import.meta.url)('playwright');
    return [playwright.chromium.executablePath()];
  } catch {
    return [];
  }
}
