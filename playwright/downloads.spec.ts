/**
 * An available model from its host to the picture: the connection breaks, the person pauses, the page is
 * reloaded, and nothing is fetched twice. The host is a server of this machine that behaves like the real ones.
 */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Locator, Page } from '@playwright/test';
import { serveModels, type ModelServer } from '../scripts/lib/model-server.ts';
import { patience } from './support/app-page.ts';
import { photo } from './support/pictures.ts';
import { serveStatically } from './support/static-server.ts';
import { expect, test } from './support/story.ts';

// The policy lets the library worker reach the real hosts and no server of this machine. So the app comes from a
// host without headers, and no service worker adds them.
test.use({ serviceWorkers: 'block' });

const weights = readFileSync(new URL('../scripts/reference/families/srvgg-3x.safetensors', import.meta.url));
const sha256 = createHash('sha256').update(weights).digest('hex');

/** The catalogue names only a file of that server. */
async function offer(page: Page, { address }: ModelServer, sum: string | null = sha256): Promise<void> {
  await page.route('**/models/available.json', (route) =>
    route.fulfill({
      json: {
        version: 1,
        models: [
          {
            id: 'small-3x',
            name: 'Small 3x',
            use: 'For stories.',
            uses: ['general'],
            family: 'srvgg',
            scale: 3,
            author: 'nobody',
            homepage: 'https://example.org/small',
            licence: { id: 'MIT', commercialUse: true },
            files: [
              {
                url: `${address}/small.safetensors`,
                bytes: weights.byteLength,
                sha256: sum,
                name: 'small.safetensors',
              },
            ],
            evidence: { page: 'https://example.org/small', says: 'all' },
          },
        ],
      },
    }),
  );
}

function entry(page: Page): Locator {
  return page.getByRole('dialog', { name: 'Models' }).getByRole('article', { name: 'Small 3x', exact: true });
}

test('a download goes on after a break, a pause and a reload, and the model runs', async ({ app, page }) => {
  await using host = await serveStatically();
  await using server = await serveModels(new Map([['/small.safetensors', weights]]));
  const half = Math.floor(weights.byteLength / 2);
  Object.assign(server.behaviour, {
    // Slow enough for a busy machine to pause it in time.
    pace: Math.ceil(weights.byteLength / 300),
    cuts: [Math.floor(half / 2)],
  });
  await offer(page, server);
  await app.open(`${host.address}?backend=wasm`);
  await page.keyboard.press('m');
  await expect(entry(page)).toContainText('Commercial use: yes');
  await entry(page).getByRole('button', { name: 'Download Small 3x' }).click();
  const bar = entry(page).getByRole('progressbar', { name: 'Downloading Small 3x' });
  const share = async (): Promise<number> => Number(await bar.getAttribute('value'));
  // Beyond the break.
  await expect.poll(share).toBeGreaterThan(0.3);
  await entry(page).getByRole('button', { name: 'Pause' }).click();
  await expect(entry(page)).toContainText('Paused');

  await page.reload();
  await app.ready();
  await page.keyboard.press('m');
  await expect(entry(page)).toContainText('Paused');
  expect(await share()).toBeGreaterThan(0.3);
  server.behaviour.pace = null;
  await entry(page).getByRole('button', { name: 'Resume' }).click();
  await expect(entry(page).getByRole('button', { name: /^Use / })).toBeVisible();
  await expect(entry(page)).toContainText('Licence: MIT');
  const starts = server.asked.map(({ range }) => Number(/\d+/.exec(range ?? '0')?.[0]));
  expect(starts).toHaveLength(3);
  expect(starts[1]).toBeGreaterThan(0);
  expect(starts[2]).toBeGreaterThan(starts[1] ?? 0);
  expect(new Set(server.asked.map(({ method }) => method))).toEqual(new Set(['GET']));

  await entry(page).getByRole('button', { name: /^Use / }).click();
  await app.drop(photo());
  await app.enlarge();
  await app.state('photo.png', 'done', patience);
});

test('wrong bytes are never taken in, and a refusal says how to get the file', async ({ app, page }) => {
  await using host = await serveStatically();
  await using server = await serveModels(new Map([['/small.safetensors', weights]]));
  await offer(page, server, 'a'.repeat(64));
  await app.open(`${host.address}?backend=wasm`);
  await page.keyboard.press('m');
  await entry(page).getByRole('button', { name: 'Download' }).click();
  await expect(entry(page).getByRole('alert')).toContainText('is not the file that was meant');
  await expect(entry(page).getByRole('button', { name: /^Use / })).toBeHidden();

  server.behaviour.statuses = [404];
  await entry(page).getByRole('button', { name: 'Try again' }).click();
  await expect(entry(page).getByRole('alert')).toContainText(
    'by hand from https://example.org/small and drop it on this page',
  );
});

test('an update that fails leaves the model that is here, and says why', async ({ app, page }) => {
  await using host = await serveStatically();
  await using server = await serveModels(new Map([['/small.safetensors', weights]]));
  await offer(page, server);
  await app.open(`${host.address}?backend=wasm`);
  await page.keyboard.press('m');
  await entry(page).getByRole('button', { name: 'Download' }).click();
  await expect(entry(page).getByRole('button', { name: /^Use / })).toBeVisible();

  // The catalogue names other bytes now, which its host does not have.
  await offer(page, server, 'a'.repeat(64));
  await page.reload();
  await app.ready();
  await page.keyboard.press('m');
  await entry(page).getByRole('button', { name: 'Update' }).click();
  await expect(entry(page).getByRole('alert')).toContainText('is not the file that was meant');
  await expect(entry(page).getByRole('button', { name: /^Use / })).toBeVisible();
  await expect(entry(page).getByRole('button', { name: 'Update' })).toBeEnabled();
});
