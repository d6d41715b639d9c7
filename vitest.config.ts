/** Two kinds of tests: `unit` in Node, and `browser` (`*.browser.test.ts`) in a real, headless Chromium. */

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { playwright } from '@vitest/browser-playwright';
import { defaultClientConditions } from 'vite';
import { defineConfig } from 'vitest/config';
import { headlessFlags, softwareGpuFlags } from './scripts/lib/chromium-flags.mjs';
import { findChromium } from './scripts/lib/chromium.mjs';

const chromium = findChromium();

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          include: ['{src,workers,scripts}/**/*.test.ts'],
          exclude: ['**/*.browser.test.ts'],
          // As many as there are processors: one of two would be idle else.
          maxWorkers: '100%',
          testTimeout: 30_000,
        },
      },
      {
        plugins: [svelte({ configFile: false })],
        // As in vite.config.ts: the builds of onnxruntime-web that load wasm from files.
        resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] },
        // All dependencies are found before the first test: one found later would reload the page under it.
        optimizeDeps: {
          entries: ['index.html', 'workers/*/*.worker.ts', '{src,workers}/**/*.browser.test.ts'],
          exclude: ['onnxruntime-web'],
        },
        worker: { format: 'es' },
        server: {
          headers: {
            'Cross-Origin-Opener-Policy': 'same-origin',
            'Cross-Origin-Embedder-Policy': 'require-corp',
          },
        },
        test: {
          name: 'browser',
          include: ['{src,workers}/**/*.browser.test.ts'],
          // The software GPU takes its time, and longer on a busy machine.
          testTimeout: 180_000,
          fileParallelism: false,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: {
                args: [...headlessFlags, ...softwareGpuFlags],
                ...(chromium === null ? {} : { executablePath: chromium }),
              },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
});
