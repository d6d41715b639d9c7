/** Models that are damaged, and browsers that keep nothing: the job works all the same, and the app says what is wrong. */

import type { AppPage } from './support/app-page.ts';
import { enlargedSize, photo, readPng } from './support/pictures.ts';
import { expect, test } from './support/story.ts';
import { beforeWorker } from './support/workers.ts';

async function expectJob(app: AppPage): Promise<void> {
  await app.drop(photo());
  await app.enlarge();
  await app.state('photo.png', 'done');
  expect(readPng((await app.save()).bytes)).toMatchObject(enlargedSize);
}

/** Runs in the page: writes over the first chunk of every model that is kept. */
async function damageModels(): Promise<number> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open('enlarger-models-chunks');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new Error('no database'));
  });
  const store = database.transaction('chunks', 'readwrite').objectStore('chunks');
  const keys = await new Promise<IDBValidKey[]>((resolve) => {
    const request = store.getAllKeys();
    request.onsuccess = () => resolve(request.result);
  });
  for (const key of keys) store.put(new Blob([new Uint8Array(1000)]), key);
  await new Promise((resolve) => (store.transaction.oncomplete = resolve));
  database.close();
  return keys.length;
}

test('a damaged model is fetched anew', async ({ app, page }) => {
  await app.open();
  await expect(page.getByText('Offline ready')).toBeVisible();
  expect(await page.evaluate(damageModels)).toBeGreaterThan(0);
  await page.reload();
  await app.ready();
  await expect(app.notices.filter({ hasText: 'was damaged and has been fetched anew' })).toBeVisible();
  await expectJob(app);
});

test.describe('without a service worker', () => {
  test.use({ serviceWorkers: 'block' });

  test('a model that comes damaged from the server is refused, and asked for again', async ({
    app,
    page,
  }) => {
    await page.route('**/models/photo-fast.onnx', async (route) => {
      const response = await route.fetch();
      const body = await response.body();
      body.fill(0, 1000, 5000);
      await route.fulfill({ response, body });
    });
    await page.goto('./?backend=wasm');
    await expect(app.notices.first()).toContainText(/damaged|sha256|not what/i, { timeout: 60_000 });
    await app.drop(photo());
    await app.enlarge();
    await app.state('photo.png', 'failed');
    await page.unrouteAll();
    await app.trouble.getByRole('button', { name: 'Try again' }).click();
    await app.state('photo.png', 'done');
  });

  test('with IndexedDB blocked the job runs from memory', async ({ app, page }) => {
    const blocked = `Object.defineProperty(self, 'indexedDB', {
      get() { throw new DOMException('Blocked by the story.', 'SecurityError'); },
    });`;
    await beforeWorker(page, 'library', blocked);
    await app.open();
    await expect(app.notices.filter({ hasText: 'works now, but could not be kept' })).toBeVisible();
    await expectJob(app);
  });
});

test('with a full disk the job runs from memory', async ({ app, page, context, baseURL }) => {
  const devtools = await context.newCDPSession(page);
  const { origin } = new URL(baseURL ?? '');
  await devtools.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1_000_000 });
  await app.open();
  const notice = app.notices.filter({ hasText: 'works now, but could not be kept' });
  await expect(notice).toContainText(/room|full|space/i);
  await expect(page.getByText('Offline ready')).toHaveCount(0);
  await expectJob(app);
});
