/**
 * `npm test`: everything that must be green, on a fresh machine too. Its last line is `N passed, N failed`;
 * each static check counts as one. `npm test -- lint unit` runs only the named parts.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureChromium } from './lib/chromium.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { runQuietly } from './lib/run.mjs';
import { countPlaywright, countVitest } from './lib/count.mjs';
import { findHalfDriver } from './lib/half-driver.mjs';

/** @typedef {{ passed: number, failed: number }} Count */
/** `aside`: it says nothing before its end, and is run beside others of that kind. */
/** @typedef {{ name: string, browser?: true, aside?: true, run: (reports: string) => Promise<Count> }} Part */

/** @type {readonly Part[]} */
const parts = [
  { name: 'format', aside: true, run: check('check:format') },
  { name: 'types', aside: true, run: check('types') },
  { name: 'lint', aside: true, run: check('lint') },
  { name: 'unused', aside: true, run: check('unused') },
  { name: 'unit', browser: true, run: vitest('unit') },
  { name: 'browser', browser: true, run: vitest('browser') },
  { name: 'build', run: check('build') },
  { name: 'size', run: check('size') },
  { name: 'stories', browser: true, run: playwright },
];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !parts.some((part) => part.name === name));
if (unknown.length > 0) {
  console.error(
    `No such part: ${unknown.join(', ')}. There are: ${parts.map(({ name }) => name).join(', ')}.`,
  );
  process.exit(2);
}

ensureInstalled();
const chosen = parts.filter(({ name }) => asked.length === 0 || asked.includes(name));
if (chosen.some(({ browser }) => browser)) ensureChromium();

const reports = mkdtempSync(join(tmpdir(), 'enlarger-test-'));
const total = { passed: 0, failed: 0 };
const asides = new Map(chosen.filter(({ aside }) => aside).map((part) => [part, timed(part)]));
for (const part of chosen) {
  console.log(`\n== ${part.name}`);
  const { passed, failed, seconds } = await (asides.get(part) ?? timed(part));
  console.log(`== ${part.name}: ${passed} passed, ${failed} failed, ${seconds} s`);
  total.passed += passed;
  total.failed += failed;
}
rmSync(reports, { recursive: true, force: true });

console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

async function timed(/** @type {Part} */ part) {
  const start = performance.now();
  const count = await part.run(reports);
  return { ...count, seconds: ((performance.now() - start) / 1000).toFixed(0) };
}

/** A script of package.json that is right or wrong as a whole. @param {string} script */
function check(script) {
  return async () => {
    const { ok, output } = await runQuietly('npm', ['run', '--silent', script]);
    if (!ok || script === 'size') console.log(output.trimEnd());
    return ok ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
  };
}

/** @param {string} project */
function vitest(project) {
  return async (/** @type {string} */ folder) => {
    const file = join(folder, `${project}.json`);
    const args = ['vitest', 'run', '--project', project, '--reporter=dot', '--reporter=json'];
    // In Node only: Chromium has a software GPU of its own.
    const driver = project === 'unit' ? findHalfDriver() : null;
    const { ok } = await runQuietly('npx', [...args, `--outputFile.json=${file}`], {
      env: driver === null ? {} : { VK_DRIVER_FILES: driver },
      onText: show,
    });
    if (project === 'unit' && driver === null) {
      console.log(
        'Skipped: graphs in half precision on a GPU. No Vulkan driver has it here (docs/testing.md).',
      );
    }
    return counted(ok, () => countVitest(readJson(file)));
  };
}

async function playwright(/** @type {string} */ folder) {
  const file = join(folder, 'stories.json');
  const args = ['playwright', 'test', '--config', 'playwright/playwright.config.ts', '--reporter=list,json'];
  const { ok } = await runQuietly('npx', args, {
    env: { PLAYWRIGHT_JSON_OUTPUT_NAME: file },
    onText: show,
  });
  return counted(ok, () => countPlaywright(readJson(file)));
}

/** A run that failed without a failed test (a broken file, no report) counts as one failure. @returns {Count} */
function counted(/** @type {boolean} */ ok, /** @type {() => Count} */ count) {
  let found = { passed: 0, failed: 0 };
  try {
    found = count();
  } catch (error) {
    console.error(`No report was written: ${String(error)}`);
    ok = false;
  }
  if (found.passed + found.failed === 0) ok = false;
  return ok || found.failed > 0 ? found : { ...found, failed: 1 };
}

function readJson(/** @type {string} */ file) {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function show(/** @type {string} */ text) {
  process.stdout.write(text);
}
