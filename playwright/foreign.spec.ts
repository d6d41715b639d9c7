/** An ONNX network that nobody here knows: tried, shown, corrected, accepted and used. */

import { readFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import { patience } from './support/app-page.ts';
import { differences } from './support/expected.ts';
import { pngFile, readPng, type PictureFile, type Pixels } from './support/pictures.ts';
import { expect, test } from './support/story.ts';

const reference = new URL('../scripts/reference/', import.meta.url);
const side = 24;
const scale = 2;

function file(name: string): PictureFile {
  const buffer = readFileSync(new URL(`foreign/${name}`, reference));
  return { name, mimeType: '', buffer };
}

/** The picture that the fixtures were made of, and what onnxruntime made of it. */
function given(): Pixels {
  const picture = readPng(readFileSync(new URL('picture.png', reference)));
  const data = Uint8Array.from({ length: side * side * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % side, Math.floor(i / 3 / side)];
    return picture.data[((y + 4) * picture.width + x + 8) * picture.channels + (i % 3)] ?? 0;
  });
  return { width: side, height: side, channels: 3, data };
}

function expected(name: string): Pixels {
  const { buffer } = file(`${name}.f32`);
  const planes = new Float32Array(new Uint8Array(buffer).buffer);
  const large = side * scale;
  const data = Uint8Array.from({ length: large * large * 3 }, (_, i) => {
    const value = planes[(i % 3) * large * large + Math.floor(i / 3)] ?? 0;
    return Math.round(Math.min(1, Math.max(0, value)) * 255);
  });
  return { width: large, height: large, channels: 3, data };
}

test('an unknown ONNX network is tried, shown with a test, corrected, and used', async ({ app, page }) => {
  await app.open();
  await app.drop(pngFile('photo.png', given()));
  const sheet = page.getByRole('dialog', { name: /^An unknown network/ });

  await test.step('two files are one model, and what was found is told', async () => {
    await app.drop(file('external.onnx'), file('external.onnx.data'));
    await expect(sheet).toContainText('2 times larger', { timeout: patience });
    await expect(sheet.getByRole('definition').nth(1)).toHaveText(
      'red, green, blue; values 0 to 1; channels first (NCHW); full precision',
    );
    const { violations } = await new AxeBuilder({ page }).include('dialog[open]').analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
  });

  await test.step('a wrong correction shows, and can be taken back', async () => {
    await sheet.getByLabel('Layout').selectOption('channels last (NHWC)');
    await expect(sheet.getByRole('status')).toContainText('It does not run like that.');
    await expect(sheet.getByRole('button', { name: 'Use this network' })).toBeDisabled();
    await sheet.getByLabel('Layout').selectOption('channels first (NCHW)');
    await expect(sheet.getByRole('status')).toBeEmpty();
    await sheet.getByRole('button', { name: 'Use this network' }).click();
    await expect(app.notices).toContainText('external (ONNX, 2×) is one of your models now');
  });

  await test.step('it enlarges as onnxruntime does', async () => {
    await expect(page.getByRole('radio', { name: /^external/ })).toBeChecked();
    await app.scaleBy(scale);
    await app.enlarge();
    await app.state('photo.png', 'done');
    const { most } = differences(readPng((await app.save()).bytes), expected('external'));
    expect(most).toBeLessThanOrEqual(1);
  });

  await test.step('window.enlarger takes what was found', async () => {
    const bytes = [...file('nhwc.onnx').buffer];
    const card = await page.evaluate(async (content) => {
      const taken = await window.enlarger?.importModel([new File([Uint8Array.from(content)], 'nhwc.onnx')]);
      return taken?.ok ? { family: taken.value.family, scale: taken.value.scale } : taken?.error.message;
    }, bytes);
    expect(card).toEqual({ family: 'onnx', scale });
  });

  await test.step('what is no upscaler is refused, and another one can be let be', async () => {
    await app.drop(file('two-inputs.onnx'));
    await expect(app.notices.filter({ hasText: 'two-inputs.onnx was not opened.' })).toContainText(
      'it takes 2 inputs ("input", "noise")',
    );
    await app.drop(file('grey.onnx'));
    await expect(sheet.getByRole('status')).toContainText('sees brightness only', { timeout: patience });
    await page.keyboard.press('Escape');
    await expect(sheet).toHaveCount(0);
    await expect(page.getByRole('radio', { name: 'grey' })).toHaveCount(0);
  });
});
