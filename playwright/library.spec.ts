/** The library screen: models found, tried on a part of the open picture, used, renamed, deleted. */

import { readFileSync } from 'node:fs';
import type { Locator, Page } from '@playwright/test';
import { patience } from './support/app-page.ts';
import { crop, pngFile, type PictureFile } from './support/pictures.ts';
import { expect, test } from './support/story.ts';

function weights(name: string, as: string): PictureFile {
  const file = new URL(`../scripts/reference/families/${name}`, import.meta.url);
  return { name: as, mimeType: 'application/octet-stream', buffer: readFileSync(file) };
}

function screen(page: Page): Locator {
  return page.getByRole('dialog', { name: 'Models' });
}

/** Colours of a canvas in the page, to see whether something was drawn. */
function coloursOf(canvas: Locator): Promise<number> {
  return canvas.evaluate((element) => {
    if (!(element instanceof HTMLCanvasElement)) return 0;
    const { width, height } = element;
    const data = element.getContext('2d')?.getImageData(0, 0, width, height).data ?? [];
    return new Set(Array.from({ length: width * height }, (_, i) => data[i * 4])).size;
  });
}

test('models are found, tried on a part of the picture, and one of them is used', async ({ app, page }) => {
  await app.open();
  await app.drop(pngFile('photo.png', crop(96, 72)), weights('srvgg-3x.safetensors', 'Sharp_3x.pth'));
  await app.state('photo.png', 'not enlarged yet');
  const own = page.getByRole('radio', { name: 'Sharp_3x' });
  await expect(own).toBeChecked();
  await app.pick(/^Photo, fast/);

  await page.keyboard.press('m');
  const models = screen(page).getByRole('article');
  const named = (name: string): Locator => screen(page).getByRole('article', { name, exact: true });
  await expect(named('Photo, fast')).toContainText('Commercial use: yes');
  await expect(named('Photo, fast')).toContainText('2.4 MB on this device');
  await expect(named('Faithful 2x')).toContainText('2.6 MB to download');
  await expect(named('Sharp_3x')).toContainText('Licence: see where you got the file');
  await screen(page).getByRole('radio', { name: 'Shipped' }).check({ force: true });
  await expect(models).toHaveCount(5);
  await screen(page).getByRole('combobox', { name: 'Use' }).selectOption('Anime');
  await expect(models).toHaveCount(2);
  await screen(page).getByRole('combobox', { name: 'Scale' }).selectOption('2×');
  await expect(screen(page)).toContainText('No model fits');
  await screen(page).getByRole('button', { name: 'Show all models' }).click();
  await screen(page).getByRole('searchbox').fill('faithful');
  await expect(models).toHaveCount(1);
  await screen(page).getByRole('searchbox').fill('');

  await named('Sharp_3x').getByRole('button', { name: 'Try' }).click();
  const trial = page.getByRole('dialog', { name: 'Try on a part' });
  await trial.getByRole('radio', { name: '64' }).check({ force: true });
  const part = trial.getByRole('application');
  await expect(part).toHaveAccessibleName(/^Part of 64 × 64 pixels at \d+, \d+$/);
  await part.focus();
  for (let n = 0; n < 3; n++) await page.keyboard.press('Shift+ArrowLeft');
  for (let n = 0; n < 3; n++) await page.keyboard.press('Shift+ArrowUp');
  await expect(part).toHaveAccessibleName('Part of 64 × 64 pixels at 0, 0');
  await trial.getByRole('button', { name: 'Try 2 models' }).click();
  const results = trial.getByRole('list', { name: 'Results' }).getByRole('listitem');
  await expect(results).toHaveCount(2);
  for (const result of await results.all()) {
    await expect(result).toContainText('s for this part', { timeout: patience });
    expect(await coloursOf(result.locator('canvas').first())).toBeGreaterThan(20);
    expect(await coloursOf(result.locator('canvas').last())).toBeGreaterThan(20);
  }
  expect(await results.last().locator('canvas').last().getAttribute('width')).toBe('192');
  await page.keyboard.press('Shift+ArrowRight');
  // Nothing was changed so far.
  await expect(page.getByRole('radio', { name: 'Photo, fast', includeHidden: true })).toBeChecked();
  await trial.getByRole('button', { name: 'Use this one Sharp_3x' }).click();
  await expect(trial).toBeHidden();
  await expect(own).toBeChecked();
  await app.enlarge();
  await app.state('photo.png', 'done');
});

test('a model of one’s own is renamed, and deleted only after a question', async ({ app, page }) => {
  await app.open();
  await app.drop(weights('srvgg-3x.safetensors', 'Sharp_3x.pth'));
  await expect(page.getByRole('radio', { name: 'Sharp_3x' })).toBeChecked({ timeout: patience });
  await page.getByRole('button', { name: 'All models…' }).click();
  const own = screen(page).getByRole('region', { name: 'Yours' }).getByRole('article');
  await own.getByRole('button', { name: 'Rename' }).click();
  await page.keyboard.type('Scans');
  await page.keyboard.press('Enter');
  await expect(own).toHaveAccessibleName('Scans');
  await expect(own.getByRole('button', { name: 'Rename' })).toBeFocused();
  const copy = await app.saved(() => own.getByRole('button', { name: 'Save a copy' }).click());
  expect(copy.name).toBe('sharp-3x.safetensors');
  await expect(screen(page)).toContainText(/2 models take 2\.5 MB/);

  await own.getByRole('button', { name: 'Delete' }).click();
  const question = page.getByRole('dialog', { name: 'Delete Scans?' });
  await question.getByRole('button', { name: 'Keep' }).click();
  await expect(question).toBeHidden();
  await expect(own).toHaveCount(1);
  await own.getByRole('button', { name: 'Delete' }).click();
  await question.getByRole('button', { name: 'Delete' }).click();
  await expect(own).toHaveCount(0);
  await expect(screen(page)).toContainText(/1 model takes 2\.4 MB/);

  // A shipped model can be fetched again: no question, and it stays in the list.
  const fast = screen(page).getByRole('article', { name: 'Photo, fast' });
  await fast.getByRole('button', { name: 'Delete' }).click();
  await expect(fast).toContainText('2.4 MB to download');
  await page.keyboard.press('Escape');
  await expect(screen(page)).toBeHidden();
});

test('a shipped model that is kept in an earlier version can be updated', async ({ app, page }) => {
  await app.open();
  // The model is fetched a moment after the app can be used.
  await expect.poll(() => page.evaluate(makeOlder, 'photo-fast')).toBe(true);
  await page.keyboard.press('m');
  const fast = screen(page).getByRole('article', { name: 'Photo, fast' });
  await expect(fast).toContainText('A newer version can be had.');
  await fast.getByRole('button', { name: 'Update' }).click();
  await expect(fast).toContainText('2.4 MB on this device');
  await expect(fast.getByRole('button', { name: 'Update' })).toHaveCount(0);
  await expect(screen(page).getByText('Photo, fast is up to date.')).toBeVisible();
});

/** Runs in the page: what is kept of a model is of another version; false where nothing is kept yet. */
function makeOlder(id: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('enlarger-models');
    opening.onerror = () => reject(new Error('no store'));
    opening.onsuccess = () => {
      const change = opening.result.transaction('index', 'readwrite');
      const index = change.objectStore('index');
      const reading = index.get(id);
      let found = false;
      reading.onsuccess = () => {
        const entry: unknown = reading.result;
        if (typeof entry !== 'object' || entry === null) return;
        index.put({ ...entry, sha256: '0'.repeat(64) }, id);
        found = true;
      };
      change.oncomplete = () => {
        opening.result.close();
        resolve(found);
      };
    };
  });
}
