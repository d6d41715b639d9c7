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
