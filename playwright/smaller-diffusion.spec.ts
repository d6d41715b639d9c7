/** A part of a diffusion model is made smaller: what it would take, what it changes, the copy kept, and pictures redrawn with it. */

import { tinyDiffusion } from '../scripts/reference/tiny-diffusion.ts';
import { patience } from './support/app-page.ts';
import { crop, pngFile } from './support/pictures.ts';
import { expect, test } from './support/story.ts';

test('a part of a diffusion model is made smaller, measured, kept, and redraws without the original', async ({
  app,
  page,
}) => {
  const weights = tinyDiffusion('epsilon', 'f16').filter(({ name }) => name.endsWith('.safetensors'));
  const files = await Promise.all(
    weights.map(async ({ name, blob }) => ({
      name: `tiny-${name.split('/')[0] ?? ''}.safetensors`,
      mimeType: '',
      buffer: Buffer.from(await blob.arrayBuffer()),
    })),
  );
  await app.open();
  for (const file of files) {
    await app.drop(file);
    await expect(app.notices.filter({ hasText: file.name.replace(/\..*/, '') })).toBeVisible();
  }

  await page.keyboard.press('m');
  const models = page.getByRole('dialog', { name: 'Models' });
  const original = models.getByRole('article', { name: 'tiny-vae', exact: true });
  await original.getByRole('button', { name: 'Make smaller…' }).click();
  const sheet = page.getByRole('dialog', { name: 'Make tiny-vae smaller' });
  await expect(sheet.getByRole('row', { name: /^VAE/ })).toHaveText(/VAE\s*2\.5 MB\s*1\.3 MB\s*as before/);
  await sheet.getByRole('button', { name: 'Make and compare' }).click();
  const eight = sheet.getByRole('radio', { name: /^8 bits, 1\.3 MB proposed \d\.?\d? % off/ });
  await expect(eight).toBeChecked({ timeout: patience });
  await expect(sheet).toContainText('1.3 MB together, instead of 2.5 MB');
  await sheet.getByRole('button', { name: 'Keep the copy' }).click();
  await expect(sheet).toContainText('tiny-vae (8-bit) (1.3 MB) is kept.', { timeout: patience });
  await sheet.getByRole('button', { name: 'Delete the original' }).click();
  await expect(original).toBeHidden();
  const copy = models.getByRole('article', { name: 'tiny-vae (8-bit)' });
  await expect(copy).toContainText(/Smaller copy of tiny-vae \(VAE \d\.?\d? % off\)/);

  await page.keyboard.press('Escape');
  await app.choose(pngFile('photo.png', crop(24, 18)));
  await app.scaleBy(2);
  const panel = page.getByRole('complementary');
  await panel.getByText('Redraw details').click();
  await panel.getByRole('checkbox', { name: 'Redraw after enlarging' }).check();
  await panel.getByText('More about redrawing').click();
  await panel.getByRole('spinbutton', { name: 'Steps' }).fill('2');
  await panel.getByLabel('CFG').fill('1');
  await app.go.click();
  await app.state('photo.png', 'done');
  await expect(page.getByText(/^After · .* \+ tiny-unet/)).toBeVisible();
});
