/** The main job, as a new user does it: a photo in, a larger and sharper one out. */

import { differences, enlargedBy } from './support/expected.ts';
import { crop, enlargedSize, photo, photoSize, pngFile, readPng, type Pixels } from './support/pictures.ts';
import { expect, test } from './support/story.ts';

async function expectEnlarged(saved: { bytes: Uint8Array }, source: Pixels): Promise<void> {
  const { most, mean } = differences(readPng(saved.bytes), await enlargedBy('photo-fast', source));
  expect(most).toBeLessThanOrEqual(3);
  expect(mean).toBeLessThanOrEqual(0.3);
}

test.describe('at a first visit', () => {
  test.use({ newcomer: true });

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
});

test('a photo chosen in the dialog is enlarged to a wallpaper, cut to its shape', async ({ app, page }) => {
  await app.open();
  await app.choose(photo());
  await app.scaleTo(160, 90);
  await expect(page.getByText('160 × 90').first()).toBeVisible();
  await app.enlarge();
  await app.state('photo.png', 'done');
  const saved = await app.save();
  expect(saved.name).toBe('photo@160x90.png');
  expect(readPng(saved.bytes)).toMatchObject({ width: 160, height: 90 });
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

for (const { format, name, magic } of [
  { format: 'JPEG', name: 'photo@4x.jpg', magic: [0xff, 0xd8, 0xff] },
  { format: 'WebP', name: 'photo@4x.webp', magic: [0x52, 0x49, 0x46, 0x46] },
]) {
  test(`the result is saved as ${format}`, async ({ app, page }) => {
    await app.open();
    await app.drop(photo());
    await app.pick(format);
    await app.enlarge();
    await app.state('photo.png', 'done');
    const saved = await app.save();
    expect(saved.name).toBe(name);
    expect([...saved.bytes.subarray(0, magic.length)]).toEqual(magic);
    // The saved file is a picture again, and its colours are those of the photo.
    const type = `image/${format.toLowerCase()}`;
    const mean = await page.evaluate(meanColour, { base64: saved.bytes.toString('base64'), type });
    const source = crop(photoSize.width, photoSize.height);
    expect(mean.size).toEqual([enlargedSize.width, enlargedSize.height]);
    for (const c of [0, 1, 2]) {
      const values = source.data.filter((_, i) => i % 3 === c);
      const expected = values.reduce((sum, value) => sum + value, 0) / values.length;
      expect(Math.abs((mean.colour[c] ?? 0) - expected)).toBeLessThan(4);
    }
  });
}

/** Runs in the page. */
async function meanColour({ base64, type }: { base64: string; type: string }) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type }));
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
  context?.drawImage(bitmap, 0, 0);
  const data = context?.getImageData(0, 0, bitmap.width, bitmap.height).data ?? [];
  const colour = [0, 0, 0];
  data.forEach((value, i) => {
    if (i % 4 < 3) colour[i % 4] = (colour[i % 4] ?? 0) + value / (bitmap.width * bitmap.height);
  });
  return { size: [bitmap.width, bitmap.height], colour };
}

test('a size that cannot be is said, and gives way to the one in use', async ({ app, page }) => {
  await app.open();
  await app.pick('Custom…');
  const factor = page.getByLabel('Factor');
  await factor.fill('99');
  await expect(factor).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByRole('alert')).toContainText('0.5 to 16');
  await factor.blur();
  await expect(factor).toHaveValue('4');
  await app.pick('To size…');
  const width = page.getByLabel('Width');
  const before = await width.inputValue();
  await width.fill('0');
  await expect(page.getByRole('alert')).toContainText('1 to 65,535 pixels');
  await width.blur();
  await expect(width).toHaveValue(before);
  await expect(page.getByRole('alert')).toBeHidden();
});
