/** The main job, as a new user does it: a photo in, a larger and sharper one out. */

import { differences, enlargedBy } from './support/expected.ts';
import { crop, photo, pngFile, readPng, type Pixels } from './support/pictures.ts';
import { expect, test } from './support/story.ts';

async function expectEnlarged(saved: { bytes: Uint8Array }, source: Pixels): Promise<void> {
  const { most, mean } = differences(readPng(saved.bytes), await enlargedBy('photo-fast', source));
  expect(most).toBeLessThanOrEqual(3);
  expect(mean).toBeLessThanOrEqual(0.3);
}

test('a dropped photo is enlarged without choosing anything', async ({ app, page }) => {
  const source = crop(96, 64);
  await app.open();
  await app.drop(pngFile('photo.png', source));
  await expect(page.getByText('96 × 64')).toBeVisible();
  await expect(app.go).toHaveText('Enlarge');
  await app.enlarge();
  await app.state('photo.png', 'done');
  const saved = await app.save();
  expect(saved.name).toBe('photo@4x.png');
  await expectEnlarged(saved, source);
  await app.state('photo.png', 'saved');
});

test('a photo of several tiles, chosen in the dialog, has no seams', async ({ app }) => {
  const source = crop(600, 400);
  await app.open();
  await app.choose(pngFile('photo.png', source));
  await app.enlarge();
  await app.state('photo.png', 'done');
  await expectEnlarged(await app.save(), source);
});

test('a pasted picture gets a name', async ({ app }) => {
  await app.open();
  await app.paste(photo('image.png'), photo('image.png', 20));
  await app.state('pasted.png', 'not enlarged yet');
  await app.state('pasted-2.png', 'not enlarged yet');
  await app.enlarge();
  await app.state('pasted-2.png', 'done');
  expect((await app.save()).name).toBe('pasted@4x.png');
});
