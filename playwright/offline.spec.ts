/** The app without a network after the first visit, on hosts that send no headers, and under a sub-path. */

import type { BrowserContext, Page } from '@playwright/test';
import type { AppPage } from './support/app-page.ts';
import { enlargedSize, photo, readPng } from './support/pictures.ts';
import { serveStatically } from './support/static-server.ts';
import { expect, test } from './support/story.ts';

async function expectJob(app: AppPage): Promise<void> {
  await app.drop(photo());
  await app.enlarge();
  await app.state('photo.png', 'done');
  const saved = await app.save();
  expect(readPng(saved.bytes)).toMatchObject(enlargedSize);
}

async function cutAndReload(app: AppPage, page: Page, context: BrowserContext): Promise<void> {
  await expect(page.getByText('Offline ready')).toBeVisible({ timeout: 60_000 });
  await context.setOffline(true);
  await page.reload();
  await app.ready();
  expect(await page.evaluate(() => [navigator.onLine, crossOriginIsolated])).toEqual([false, true]);
  await expect(page.getByText('Offline ready')).toBeVisible();
}

test('the whole job works with the network cut after the first visit', async ({ app, page, context }) => {
  await app.open();
  await cutAndReload(app, page, context);
  await expectJob(app);
  // A model that was never used is not here, and the app says so.
  await app.pick(/^Anime and drawings, fast/);
  await app.enlarge();
  await expect(app.trouble).toContainText(/network/i);
  // What was done before is not lost, and the work goes on with what is here.
  await expect(app.command('Save')).toBeEnabled();
  await app.pick(/^Photo, fast/);
  await app.enlarge();
  await app.state('photo.png', 'done');
});

test('a host without headers gets them from the service worker', async ({ app, page, context }) => {
  await using host = await serveStatically();
  let loads = 0;
  page.on('load', () => loads++);
  await page.goto(`${host.address}?backend=wasm`);
  await page.waitForFunction(() => crossOriginIsolated, null, { timeout: 60_000 });
  await app.ready();
  expect(loads).toBe(2);
  await app.device.click();
  await expect(page.getByRole('dialog', { name: 'Device' })).toContainText(/on \d+ threads?\./);
  await page.keyboard.press('Escape');
  const response = await page.reload();
  expect(response?.headers()['content-security-policy']).toContain("connect-src 'self';");
  await app.ready();
  await cutAndReload(app, page, context);
  await expectJob(app);
});

test('the app works under a sub-path', async ({ app, page, context }) => {
  await using host = await serveStatically('/some/where/');
  await page.goto(`${host.address}?backend=wasm`);
  await page.waitForFunction(() => crossOriginIsolated, null, { timeout: 60_000 });
  await app.ready();
  await expectJob(app);
  await page.evaluate(() => (window.onbeforeunload = null));
  await cutAndReload(app, page, context);
  await expectJob(app);
  expect(host.asked.filter((path) => !path.startsWith('/some/where/'))).toEqual([]);
});
