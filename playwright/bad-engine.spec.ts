/** An engine that crashes in the middle of a job. */

import { differences, enlargedBy } from './support/expected.ts';
import { crop, pngFile, readPng } from './support/pictures.ts';
import { expect, test } from './support/story.ts';

test('a job whose engine dies is started anew, and ends well', async ({ app, page }) => {
  await app.open();
  const source = crop(240, 160);
  await app.drop(pngFile('photo.png', source));
  await app.enlarge();
  await app.state('photo.png', 'being enlarged');
  const engine = page.workers().find((worker) => worker.url().includes('engine.worker'));
  await engine?.evaluate(() => {
    setTimeout(() => {
      throw new Error('a crash made by a story');
    });
  });
  await expect(app.notices.filter({ hasText: 'started anew' })).toBeVisible({ timeout: 60_000 });
  await app.state('photo.png', 'done');
  const { most } = differences(readPng((await app.save()).bytes), await enlargedBy('photo-fast', source));
  expect(most).toBeLessThanOrEqual(3);
});
