/**
 * What the tab needs for a diffusion model of full size: `npm run bench -- full-size-diffusion FILE [STAGE ...]`, where FILE is a
 * checkpoint in one file (made-up-diffusion writes one). Each line is a step, its seconds, and the peaks of the tab's process and of the GPU's.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { chromium, type Page } from 'playwright';
import { createServer, defaultClientConditions } from 'vite';
import { headlessFlags, softwareGpuFlags } from '../lib/chromium-flags.mjs';
import { ensureChromium } from '../lib/chromium.mjs';
import { root } from '../lib/run.mjs';
import { forgetPeaks, megabytes } from './process-memory.ts';

const [path, ...wanted] = process.argv.slice(2);
if (path === undefined) throw new Error('Give a checkpoint in one .safetensors file.');

type Stage = (page: Page) => Promise<string>;

function opening(
  role: 'text' | 'unet' | 'encoder' | 'decoder',
  on: 'wasm' | 'webgpu',
  {
    precision = 'fp32',
    side = 64,
    run = false,
  }: { precision?: 'fp16' | 'fp32'; side?: number; run?: boolean } = {},
): [string, Stage] {
  const name = `${role}-${on}-${precision}${run ? `-run-${8 * side}` : ''}`;
  const how = { on, precision, side, run };
  return [
    name,
    async (page) => {
      const { failed, read, opened, ran } = await page.evaluate(
        ([part, means]) => window.fullSize.open(part, means),
        [role, how] as const,
      );
      const done = `read in ${(read / 1000).toFixed(1)} s, opened in ${(opened / 1000).toFixed(1)} s${run ? `, ran in ${(ran / 1000).toFixed(1)} s` : ''}`;
      return failed === null ? done : `${failed} after ${((opened + ran) / 1000).toFixed(1)} s`;
    },
  ];
}

const stages = new Map<string, Stage>([
  ['recognise', async (page) => (await page.evaluate(() => window.fullSize.recognise())).join(', ')],
  [
    'graphs',
    async (page) => {
      const graphs = await page.evaluate(() => window.fullSize.graphs('fp16'));
      return graphs.map(([part, bytes]) => `${part} ${(bytes / 1e3).toFixed(0)} kB`).join(', ');
    },
  ],
  ['keep', async (page) => `kept as ${await page.evaluate(() => window.fullSize.keep())}`],
  [
    'open-kept',
    async (page) => {
      const files = await page.evaluate((id) => window.fullSize.openKept(id), keptId);
      return `${files} file, checked`;
    },
  ],
  ...(['wasm', 'webgpu'] as const).flatMap((on) =>
    (['text', 'encoder', 'unet', 'decoder'] as const).map((role) => opening(role, on)),
  ),
  ...(['text', 'encoder', 'unet', 'decoder'] as const).map((role) =>
    opening(role, 'webgpu', { precision: 'fp16' }),
  ),
  opening('text', 'wasm', { run: true }),
  opening('unet', 'wasm', { run: true }),
  opening('unet', 'wasm', { run: true, side: 8 }),
  opening('encoder', 'wasm', { run: true }),
  opening('decoder', 'wasm', { run: true }),
]);
const usual = [...stages.keys()].filter((name) => !name.includes('-run-'));
const keptId = basename(path).replace(/\.[^.]*$/, '');

const server = await createServer({
  root,
  configFile: false,
  logLevel: 'error',
  resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] },
  optimizeDeps: { entries: ['scripts/bench/full-size.page.ts'], exclude: ['onnxruntime-web'] },
  worker: { format: 'es' },
  server: {
    host: '127.0.0.1',
    // The page must not be loaded anew in the middle.
    hmr: false,
    watch: null,
    port: 0,
    headers: {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    },
  },
  plugins: [
    {
      name: 'page',
      configureServer: ({ middlewares }) => {
        middlewares.use('/full-size', (_, response) => {
          response.setHeader('Content-Type', 'text/html');
          response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
          response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
          response.end(
            '<input type="file"><script type="module" src="/scripts/bench/full-size.page.ts"></script>',
          );
        });
      },
    },
  ],
});
await server.listen();
const address = server.httpServer?.address();
if (!address || typeof address === 'string') throw new Error('The server has no port.');
const url = `http://127.0.0.1:${address.port}/full-size`;

const profile = mkdtempSync(join(tmpdir(), 'enlarger-'));
try {
  for (const name of wanted.length > 0 ? wanted : usual) {
    const stage = stages.get(name);
    if (!stage) throw new Error(`Steps are ${[...stages.keys()].join(', ')}.`);
    console.log(`${name}: ${await measured(stage)}`);
  }
} finally {
  await server.close();
  rmSync(profile, { recursive: true });
}

/** In a browser of its own, but for what is kept in the library. */
async function measured(stage: Stage): Promise<string> {
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: ensureChromium(),
    args: [...headlessFlags, ...softwareGpuFlags],
  });
  try {
    const page = browser.pages()[0] ?? (await browser.newPage());
    await page.goto(url);
    await page.locator('input').setInputFiles(path ?? '');
    await page.waitForFunction(() => 'fullSize' in window);
    forgetPeaks();
    const before = megabytes('renderer', 'VmRSS');
    const begin = performance.now();
    const words = await stage(page).catch((thrown: unknown) => `failed: ${String(thrown).slice(0, 300)}`);
    const seconds = (performance.now() - begin) / 1000;
    const [tab, gpu, host] = (['renderer', 'gpu-process', 'browser'] as const).map((role) =>
      megabytes(role, 'VmHWM').toFixed(0),
    );
    return `${words}; ${seconds.toFixed(1)} s; tab ${tab} MB (${before.toFixed(0)} before), GPU process ${gpu} MB, browser ${host} MB`;
  } finally {
    await browser.close();
  }
}
