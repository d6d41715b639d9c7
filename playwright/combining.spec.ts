/** Beyond one model: extra quality, a second upscaler and transparency, chosen in the panel and asked of the API. */

import { expect, test } from './support/story.ts';
import { differences } from './support/expected.ts';
import { crop, pngFile, readPng, type Pixels } from './support/pictures.ts';

const size = { width: 24, height: 18 } as const;

/** A photo whose left part is clear, with a hard edge. */
function cutOut(): Pixels {
  const { data: rgb } = crop(size.width, size.height);
  const data = Uint8Array.from({ length: size.width * size.height * 4 }, (_, i) => {
    if (i % 4 < 3) return rgb[Math.floor(i / 4) * 3 + (i % 4)] ?? 0;
    return Math.floor(i / 4) % size.width < 8 ? 0 : 255;
  });
  return { ...size, channels: 4, data };
}

test('what is chosen beside the model is planned, remembered, and what the API gives', async ({
  app,
  page,
}) => {
  await app.open();
  const panel = page.getByRole('complementary');
  const picture = pngFile('cut.png', cutOut());
  await app.choose(picture);
  await expect(panel).toContainText('Plan 4×');
  const quality = panel.getByRole('group', { name: 'Extra quality' });
  await expect(quality).toBeHidden();
  await panel.getByText('More', { exact: true }).focus();
  await page.keyboard.press('Enter');
  await expect(quality).toHaveAccessibleDescription('Every tile runs once.');
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowRight');
  await expect(panel).toContainText('Takes 2 times as long.');
  await panel.getByLabel('Second upscaler').selectOption({ label: 'Bicubic' });
  const visibility = panel.getByRole('slider', { name: 'Visibility' });
  await visibility.fill('0.3');
  await expect(visibility).toHaveAttribute('aria-valuetext', '30 %');
  await panel.getByLabel('Transparency').selectOption({ label: 'Nearest (hard edges)' });
  await expect(panel).toContainText(
    'Plan 4× (Photo, fast) and up to 96 × 72 (Bicubic), mixed 70 : 30; every tile in 2 orientations; transparency by Nearest',
  );

  // All of it is there at the next visit, and a classic filter has no use for it.
  await page.reload();
  await app.ready();
  await app.choose(picture);
  await expect(panel.getByRole('radio', { name: '2', exact: true })).toBeChecked();
  await expect(visibility).toHaveValue('0.3');
  await app.pick('Classic');
  await expect(panel.getByLabel('Second upscaler')).toBeDisabled();
  await app.pick('Photo, fast');
  await expect(panel.getByLabel('Second upscaler')).toHaveValue('bicubic');

  await app.enlarge();
  await app.state('cut.png', 'done');
  const result = readPng((await app.save()).bytes);
  const alphas = result.data.filter((_, i) => i % 4 === 3);
  expect(new Set(alphas)).toEqual(new Set([0, 255]));

  const asked = await page.evaluate(
    async ([bytes, options]) => {
      const { enlarger } = window;
      if (!enlarger) throw new Error('The app did not start.');
      const file = new Blob([Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0))]);
      const done = await enlarger.enlarge(file, options);
      if (!done.ok) throw new Error(done.error.message);
      const { blob, model } = done.value;
      return { model, bytes: [...new Uint8Array(await blob.arrayBuffer())] };
    },
    [
      picture.buffer.toString('base64'),
      { model: 'photo-fast', second: 'bicubic', visibility: 0.3, extraQuality: 2, alpha: 'nearest' },
    ] as const,
  );
  expect(asked.model).toBe('photo-fast+bicubic');
  expect(differences(readPng(new Uint8Array(asked.bytes)), result)).toMatchObject({ most: 0 });
});
