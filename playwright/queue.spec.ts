/** Several pictures at once, and jobs that are paused, resumed and cancelled. */

import { differences, enlargedBy } from './support/expected.ts';
import { crop, photo, pngFile, readPng } from './support/pictures.ts';
import { expect, test } from './support/story.ts';
import { beforeWorker, slowClock } from './support/workers.ts';

const truncated = (name: string) => ({ ...photo(name), buffer: photo(name).buffer.subarray(0, 3000) });

test('a broken file in a queue stops nobody else, and all results are saved', async ({ app, page }) => {
  // A folder that needs no dialog.
  await page.addInitScript(() => {
    Object.assign(window, { showDirectoryPicker: () => navigator.storage.getDirectory() });
  });
  await app.open();
  await app.drop(photo('a.png'), truncated('broken.png'), photo('b.png', 30), photo('a.png', 60));
  await expect(page.getByRole('navigation', { name: 'Pictures' }).getByRole('listitem')).toHaveCount(4);
  await expect(app.go).toHaveText(/^Enlarge \d pictures$/);
  await app.enlarge();
  await app.state('broken.png', 'failed');
  await app.state('b.png', 'done');
  await expect(page.getByRole('button', { name: 'a.png, done' })).toHaveCount(2, { timeout: 60_000 });
  await app.command('Save all 3').click();
  await expect(app.notices.filter({ hasText: '3 pictures saved.' })).toBeVisible();
  const names = await page.evaluate(async () => {
    const folder = await navigator.storage.getDirectory();
    return Array.fromAsync(folder.keys());
  });
  expect(names.sort()).toEqual(['a@4x (2).png', 'a@4x.png', 'b@4x.png']);
});

test('a folder that cannot take a picture costs the others nothing, and nothing in it is overwritten', async ({
  app,
  page,
}) => {
  await page.addInitScript(() => {
    Object.assign(window, { showDirectoryPicker: () => navigator.storage.getDirectory() });
    const { createWritable } = FileSystemFileHandle.prototype;
    FileSystemFileHandle.prototype.createWritable = function (...options) {
      if (this.name.startsWith('full')) throw new DOMException('No room.', 'QuotaExceededError');
      if (this.name.startsWith('locked')) throw new DOMException('No.', 'NotAllowedError');
      return createWritable.apply(this, options);
    };
  });
  await app.open();
  await page.evaluate(async () => {
    const folder = await navigator.storage.getDirectory();
    await folder.getFileHandle('good@4x.png', { create: true });
  });
  await app.drop(photo('full.png'), photo('locked.png', 30), photo('good.png', 60));
  await app.state('good.png', 'not enlarged yet');
  await app.enlarge();
  await app.state('good.png', 'done');
  await app.command('Save all 3').click();
  await expect(
    app.notices.filter({ hasText: 'full.png: It was not saved: the disk is full.' }),
  ).toBeVisible();
  await expect(app.notices.filter({ hasText: 'locked.png: It was not saved: writing' })).toBeVisible();
  await expect(app.notices.filter({ hasText: '1 picture saved.' })).toBeVisible();
  const names = await page.evaluate(async () => {
    const folder = await navigator.storage.getDirectory();
    return Array.fromAsync(folder.keys());
  });
  expect(names.sort()).toEqual(['good@4x (2).png', 'good@4x.png']);
  await app.state('good.png', 'saved');
  await app.state('full.png', 'done');
});

test('without a folder dialog each result is a download', async ({ app, page }) => {
  await page.addInitScript(() => Reflect.deleteProperty(window, 'showDirectoryPicker'));
  await app.open();
  await app.drop(photo('a.png'), photo('b.png', 30));
  await app.state('b.png', 'not enlarged yet');
  await app.enlarge();
  await app.state('b.png', 'done');
  const names: string[] = [];
  page.on('download', (download) => names.push(download.suggestedFilename()));
  await app.command('Save all 2').click();
  await expect.poll(() => names).toEqual(['a@4x.png', 'b@4x.png']);
});

test('a job goes on where it was paused, and a tab with a job warns before it is closed', async ({
  app,
  page,
}) => {
  const source = crop(64, 40);
  await beforeWorker(page, 'engine', slowClock);
  await app.open();
  await app.drop(pngFile('photo.png', source));
  await app.scaleBy(16);
  await app.enlarge();
  await app.state('photo.png', 'being enlarged');
  await app.command('Pause').click();
  await app.state('photo.png', 'paused');
  const words = await app.progress.textContent();
  await page.waitForTimeout(2500);
  expect(await app.progress.textContent()).toBe(words);
  const warning = page.waitForEvent('dialog');
  await page.close({ runBeforeUnload: true });
  expect((await warning).type()).toBe('beforeunload');
  await (await warning).dismiss();
  await app.command('Resume').click();
  await app.state('photo.png', 'done');
  const twice = await enlargedBy('photo-fast', await enlargedBy('photo-fast', source));
  expect(differences(readPng((await app.save()).bytes), twice).mean).toBeLessThanOrEqual(0.3);
});

test('a cancelled job leaves the others, and can be done again', async ({ app, page }) => {
  await beforeWorker(page, 'engine', slowClock);
  await app.open();
  await app.drop(pngFile('large.png', crop(80, 60)), photo('a.png'), photo('b.png', 30));
  await app.state('b.png', 'not enlarged yet');
  await app.scaleBy(16);
  await app.enlarge();
  await app.state('large.png', 'being enlarged');
  await app.frame('b.png').click();
  await app.command('Cancel').click();
  await app.state('b.png', 'cancelled');
  await app.frame('large.png').click();
  await app.command('Cancel').click();
  await app.state('large.png', 'cancelled');
  await app.state('a.png', 'done');
  await app.pick('2×');
  await expect(app.go).toHaveText('Enlarge 3 pictures');
  await app.enlarge();
  for (const name of ['large.png', 'a.png', 'b.png']) await app.state(name, 'done');
});

/** The first tile takes five seconds longer. */
const slowFirstTile = `{
  const { createImageBitmap } = self;
  let calls = 0;
  self.createImageBitmap = async (...source) => {
    if (calls++ === 0) await new Promise((resolve) => setTimeout(resolve, 5000));
    return createImageBitmap(...source);
  };
}`;

test('an order that comes while a cancelled tile is still being finished is carried out', async ({
  app,
  page,
}) => {
  const source = crop(96, 64);
  await beforeWorker(page, 'engine', slowFirstTile);
  await app.open();
  await app.drop(pngFile('photo.png', source));
  await app.enlarge();
  await app.state('photo.png', 'being enlarged');
  await app.command('Cancel').click();
  await expect(app.progress).toHaveText('Cancelled. Finishing the tile at work…');
  await app.enlarge();
  await app.state('photo.png', 'done');
  const { most } = differences(readPng((await app.save()).bytes), await enlargedBy('photo-fast', source));
  expect(most).toBeLessThanOrEqual(3);
});

test('a picture whose result was not saved is removed only when that is confirmed', async ({ app, page }) => {
  await app.open();
  await app.drop(photo('a.png'), photo('b.png', 30));
  await app.state('b.png', 'not enlarged yet');
  await app.enlarge();
  await app.state('b.png', 'done');
  await app.save();
  await app.state('a.png', 'saved');
  await app.command('Remove a.png').click();
  await expect(app.frame('a.png')).toHaveCount(0); // saved: nothing is asked
  await page.keyboard.press('Delete');
  const sheet = page.getByRole('dialog', { name: 'Remove b.png?' });
  await expect(sheet).toContainText('has not been saved');
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
  await app.state('b.png', 'done');
  await page.keyboard.press('Delete');
  await sheet.getByRole('button', { name: 'Remove' }).click();
  await expect(app.frame('b.png')).toHaveCount(0);
});
