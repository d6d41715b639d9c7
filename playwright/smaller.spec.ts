/** A model of one's own is made smaller: the difference is seen, it is kept beside the original, and it runs. */

import { readFileSync } from 'node:fs';
import { patience } from './support/app-page.ts';
import { crop, pngFile } from './support/pictures.ts';
import { expect, test } from './support/story.ts';

test('a model is made smaller, compared, kept and used', async ({ app, page }) => {
  const weights = new URL('../scripts/reference/families/esrgan-new-4x.safetensors', import.meta.url);
  await app.open();
  await app.drop(pngFile('photo.png', crop(48, 40)), {
    name: 'Sharp_4x.pth',
    mimeType: 'application/octet-stream',
    buffer: readFileSync(weights),
  });
  await app.state('photo.png', 'not enlarged yet');
  await page.keyboard.press('m');
  const models = page.getByRole('dialog', { name: 'Models' });
  const original = models.getByRole('article', { name: 'Sharp_4x', exact: true });
  await original.getByRole('button', { name: 'Make smaller' }).click();
  const sheet = page.getByRole('dialog', { name: 'Make Sharp_4x smaller' });
  await expect(sheet.getByRole('radio')).toHaveCount(1);

  await sheet.getByRole('button', { name: 'Make and compare' }).click();
  await expect(sheet).toContainText(/PSNR \d+\.\d dB\. Mean 0\.\d+, largest \d+ of 255 levels\./, {
    timeout: patience,
  });
  await expect(sheet).toContainText('Both ran on CPU, on the middle of the open picture.');
  await expect(sheet.getByRole('row', { name: /^Size/ })).toHaveText(/Size\s*\d+ KB\s*\d+ KB/);
  await expect(sheet.getByRole('img')).toHaveCount(3);
  await sheet.getByRole('button', { name: 'Keep' }).click({ timeout: patience });
  await expect(sheet).toBeHidden();
  const smaller = models.getByRole('article', { name: 'Sharp_4x (8-bit)' });
  await expect(smaller.getByRole('button', { name: 'Make smaller' })).toBeHidden();
  await expect(original).toBeVisible();
  await smaller.getByRole('button', { name: 'Use' }).click();

  await expect(models).toBeHidden();
  await expect(page.getByRole('radio', { name: 'Sharp_4x (8-bit)' })).toBeChecked();
  await app.scaleBy(4);
  await app.enlarge();
  await app.state('photo.png', 'done');
});
