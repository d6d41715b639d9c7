/** Details redrawn by a diffusion model, as a person sees it: the model dropped in, a prompt typed, the result saved. */

import AxeBuilder from '@axe-core/playwright';
import { tinyDiffusion } from '../scripts/reference/tiny-diffusion.ts';
import { tinyLdsr } from '../scripts/reference/tiny-ldsr.ts';
import { tinyLora } from '../scripts/reference/tiny-lora.ts';
import { differences } from './support/expected.ts';
import { crop, pngFile, readPng, type PictureFile } from './support/pictures.ts';
import { expect, test } from './support/story.ts';

/** The weights of a whole model with tiny random parts, as files that one has gathered. */
async function tinyModel(): Promise<PictureFile[]> {
  const weights = tinyDiffusion().filter(({ name }) => name.endsWith('.safetensors'));
  return Promise.all(
    weights.map(async ({ name, blob }) => ({
      name: `tiny-${name.split('/')[0] ?? ''}.safetensors`,
      mimeType: '',
      buffer: Buffer.from(await blob.arrayBuffer()),
    })),
  );
}

test('a picture is redrawn as the prompt says, by a model that was dropped in', async ({ app, page }) => {
  await app.open();
  const panel = page.getByRole('complementary');
  await app.choose(pngFile('photo.png', crop(24, 18)));
  await app.scaleBy(2);
  await expect(panel).toContainText('Plan 4×, then down to 48 × 36');
  await app.enlarge();
  await app.state('photo.png', 'done');
  const plain = readPng((await app.save()).bytes);

  // By keyboard alone, as every part of the panel.
  await panel.getByText('Redraw details').focus();
  await page.keyboard.press('Enter');
  await expect(panel).toContainText('No Stable Diffusion model is on this device yet.');
  await panel.getByRole('button', { name: 'Get Stable Diffusion…' }).press('Enter');
  const models = page.getByRole('dialog', { name: 'Models' });
  await expect(models.getByRole('heading', { name: 'Get Stable Diffusion' })).toBeInViewport();
  await expect(models.getByRole('heading', { name: 'Get Stable Diffusion' })).toBeFocused();
  await page.keyboard.press('Escape');
  const paint = {
    name: 'paint.safetensors',
    mimeType: '',
    buffer: Buffer.from(await tinyLora().arrayBuffer()),
  };
  for (const file of [...(await tinyModel()), paint]) {
    await app.drop(file);
    await expect(app.notices.filter({ hasText: file.name.replace(/\..*/, '') })).toBeVisible();
  }
  const on = panel.getByRole('checkbox', { name: 'Redraw after enlarging' });
  await expect(panel.getByText('comes without')).toHaveCount(0);
  await on.press('Space');
  await expect(on).toBeChecked();
  await expect(panel).toContainText('Plan 4×, then down to 48 × 36, then redrawn at 0.35');

  const prompt = panel.getByRole('textbox', { name: 'Prompt', exact: true });
  await prompt.fill('a cup of coffee <hypernet:old:1>');
  await expect(prompt).toHaveAccessibleDescription(/^4 of 75 tokens <hypernet:old:1> does nothing/);
  // Prompts can be read without a network from now on.
  const merges = (): Promise<boolean> =>
    page.evaluate(async () => {
      const cache = await caches.open('enlarger-runtime');
      return (await cache.match(new URL('models/clip/merges.txt', document.baseURI))) !== undefined;
    });
  await expect.poll(merges).toBe(true);
  await prompt.fill('(one AND two');
  await expect(panel).toContainText('AND, which joins two prompts, is not supported.');
  await prompt.fill('cup '.repeat(80));
  await expect(prompt).toHaveAccessibleDescription('80 of 150 tokens, 2 chunks');
  await expect(panel.locator('.chunks span').first()).toHaveText('cup '.repeat(75).trim());
  await prompt.fill('a cup of coffee <lora:paint:0.8>');
  await panel.getByRole('slider', { name: 'Strength' }).fill('0.5');
  await expect(panel).toContainText('Much is invented: small shapes change.');
  const seed = panel.getByLabel('Seed', { exact: true });
  await panel.getByRole('button', { name: 'Roll another seed' }).click();
  await expect(seed).not.toHaveValue('0');
  await seed.fill('7');
  await panel.getByText('More about redrawing').press('Enter');
  const trained = panel.getByLabel('Trained');
  await expect(trained).toHaveAccessibleDescription(/Its file does not say/);
  await trained.selectOption('As LCM (4 to 8 steps)');
  await expect(panel.getByLabel('Sampler')).toContainText('LCM (usual)');
  await panel.getByRole('spinbutton', { name: 'Steps' }).fill('4');
  await panel.getByLabel('Sampler').selectOption('Euler a');
  await panel.getByLabel('CFG').fill('1');
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations).toEqual([]);

  await app.go.click();
  await app.state('photo.png', 'done');
  await expect(page.getByText(/^After · .* \+ tiny-unet/)).toBeVisible();
  const redrawn = readPng((await app.save()).bytes);
  expect(redrawn).toMatchObject({ width: 48, height: 36 });
  expect(differences(redrawn, plain).most).toBeGreaterThan(8);

  // The LoRA was merged by the library, which keeps that.
  const databases = await page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
  expect(databases).toContain('enlarger-merged-diffusion-chunks');

  // All of it is there at the next visit.
  await page.reload();
  await app.ready();
  await expect(on).toBeChecked();
  await expect(prompt).toHaveValue('a cup of coffee <lora:paint:0.8>');
  await expect(trained).toHaveValue('lcm');
  await expect(seed).toHaveValue('7');
  await expect(panel.getByRole('spinbutton', { name: 'Steps' })).toHaveValue('4');
  await expect(panel.getByLabel('Sampler')).toHaveValue('euler-a');

  // Another kind of model enlarges by itself, in the place of the upscaler.
  const [ldsr] = tinyLdsr('single');
  await app.drop({
    name: 'x4.ckpt',
    mimeType: '',
    buffer: Buffer.from((await ldsr?.blob.arrayBuffer()) ?? new ArrayBuffer()),
  });
  await expect(app.notices.filter({ hasText: 'x4 (Latent super-resolution' })).toBeVisible();
  await app.choose(pngFile('small.png', crop(16, 12)));
  await app.scaleBy(4);
  const model = panel.getByRole('combobox', { name: 'Model', exact: true });
  await model.selectOption('x4');
  await expect(panel).toContainText('LDSR enlarges 4 times in place of the model above');
  await expect(panel).toContainText('Plan 4× by LDSR');
  await expect(prompt).toBeHidden();
  await panel.getByRole('spinbutton', { name: 'Steps' }).fill('3');
  await app.enlarge();
  await app.state('small.png', 'done');
  await expect(page.getByText(/^After · x4\.safetensors/)).toBeVisible();
  expect(readPng((await app.save()).bytes)).toMatchObject({ width: 64, height: 48 });
});
