/** Benchmarks that need the engine in a real browser: `npm run bench -- overhead`. */

import { playwright } from '@vitest/browser-playwright';
import { defaultClientConditions } from 'vite';
import { defineConfig } from 'vitest/config';
import { headlessFlags, softwareGpuFlags } from '../lib/chromium-flags.mjs';
import { findChromium } from '../lib/chromium.mjs';

const chromium = findChromium();

export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] },
  optimizeDeps: { exclude: ['onnxruntime-web'] },
  worker: { format: 'es' },
  server: {
    headers: {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    },
  },
  test: {
    include: ['scripts/bench/**/*.bench.ts'],
    testTimeout: 45 * 60_000,
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
});
