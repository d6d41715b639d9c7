/** Stories that a person lives through, on the built app as `vite preview` serves it. */

import { defineConfig } from '@playwright/test';
import { headlessFlags } from '../scripts/lib/chromium-flags.mjs';
import { findChromium } from '../scripts/lib/chromium.mjs';
import { port } from './support/addresses.ts';

const chromium = findChromium();

export default defineConfig({
  testDir: '.',
  outputDir: '../test-results',
  // Networks keep both cores of a small machine busy: one story at a time gives steady times.
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 240_000,
  expect: { timeout: 20_000 },
  reporter: 'list',
  use: {
    baseURL: `http://localhost:${port}/`,
    viewport: { width: 1440, height: 860 },
    actionTimeout: 60_000,
    trace: 'retain-on-failure',
    launchOptions: {
      args: headlessFlags,
      ...(chromium === null ? {} : { executablePath: chromium }),
    },
  },
  webServer: {
    command: 'npx tsx playwright/support/serve.ts',
    cwd: '..',
    timeout: 120_000,
    port,
    reuseExistingServer: false,
  },
});
