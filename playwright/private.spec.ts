/** Nothing leaves: the main job with every request recorded, and what the policy does to those that try. */

import { photo } from './support/pictures.ts';
import { serveStatically } from './support/static-server.ts';
import { expect, test } from './support/story.ts';

test('no request of the main job goes outside the app', async ({ app, context, page, baseURL }) => {
  const urls: string[] = [];
  context.on('request', (request) => urls.push(request.url()));
  await app.open();
  await app.drop(photo());
  await app.enlarge();
  await app.state('photo.png', 'done');
  await app.save();
  await expect(page.getByText('Offline ready')).toBeVisible();

  // The record holds what the workers asked for, too: the library, the engine and the service worker.
  const paths = urls.map((url) => new URL(url).pathname);
  expect(paths).toContain('/models/photo-fast.onnx');
  expect(paths.some((path) => path.endsWith('.wasm'))).toBe(true);
  const { origin } = new URL(baseURL ?? '');
  const foreign = urls.filter((url) => !/^(?:blob|data):/.test(url) && new URL(url).origin !== origin);
  expect(foreign).toEqual([]);
});

test('neither the page nor the workers with pictures can reach another server', async ({ app, page }) => {
  await using elsewhere = await serveStatically();
  await app.open();
  const attempt = (url: string): Promise<string> => fetch(url, { mode: 'no-cors' }).then(String, String);
  const outcomes = [await page.evaluate(attempt, elsewhere.address)];
  for (const name of ['engine.worker', 'codec.worker', 'library.worker']) {
    const worker = page.workers().find((candidate) => candidate.url().includes(name));
    outcomes.push(worker ? await worker.evaluate(attempt, elsewhere.address) : `no ${name}`);
  }
  for (const outcome of outcomes) expect(outcome).toContain('TypeError');
  expect(elsewhere.asked).toEqual([]);
  // The same attempt from a page without the policy gets there.
  await page.goto(elsewhere.address.replace('localhost', '127.0.0.1') + 'manifest.webmanifest');
  expect(await page.evaluate(attempt, elsewhere.address)).toContain('Response');
});
