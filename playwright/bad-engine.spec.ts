/** An engine that crashes in the middle of a job. */

import { differences, enlargedBy } from './support/expected.ts';
import { crop, pngFile, readPng } from './support/pictures.ts';
import { expect, test } from './support/story.ts';
import { beforeWorker } from './support/workers.ts';

/** The first tile's preview ends the worker, as a bug or a broken runtime would. */
const crash = `self.createImageBitmap = () => {
  setTimeout(() => { throw new Error('a crash made by a story'); });
  return new Promise(() => {});
};`;

test.use({ serviceWorkers: 'block' });

test('a job whose engine dies is started anew, and ends well', async ({ app, page }) => {
  await beforeWorker(page, 'engine', crash, 1);
  await app.open();
  const source = crop(96, 64);
  await app.drop(pngFile('photo.png', source));
  await app.enlarge();
  await expect(app.notices.filter({ hasText: 'started anew' })).toBeVisible({ timeout: 60_000 });
  await app.state('photo.png', 'done');
  const { most } = differences(readPng((await app.save()).bytes), await enlargedBy('photo-fast', source));
  expect(most).toBeLessThanOrEqual(3);
});

test('a finished result outlives the engine that made it', async ({ app, page }) => {
  await beforeWorker(
    page,
    'engine',
    `new BroadcastChannel('story').onmessage = () => setTimeout(() => { throw new Error('a crash made by a story'); });`,
    1,
  );
  await app.open();
  const source = crop(48, 32);
  await app.drop(pngFile('photo.png', source));
  await app.pick('Classic');
  await app.enlarge();
  await app.state('photo.png', 'done');
  const before = await app.save();
  await Promise.all([
    page.waitForEvent('worker', (worker) => worker.url().includes('engine.worker')),
    page.evaluate(() => {
      new BroadcastChannel('story').postMessage('crash');
    }),
  ]);
  await app.pick('WebP');
  await app.pick('PNG');
  await app.state('photo.png', 'saved');
  const after = await app.save();
  expect(readPng(after.bytes)).toEqual(readPng(before.bytes));
});
