/** A model that a person brings: dropped, chosen, used, still there at the next visit, and removed. */

import { readFileSync } from 'node:fs';
import { expect, test } from './support/story.ts';
import { patience } from './support/app-page.ts';
import { differences } from './support/expected.ts';
import { pngFile, readPng, type PictureFile, type Pixels } from './support/pictures.ts';

const reference = new URL('../scripts/reference/', import.meta.url);
const [width, height, scale] = [48, 40, 3];
/** Every second pixel of every second row is in the fixture. */
const stride = 2;

function weights(name: string, as = name): PictureFile {
  const buffer = readFileSync(new URL(`families/${name}`, reference));
  return { name: as, mimeType: 'application/octet-stream', buffer };
}

/** The picture that the fixtures were made of, and what an independent program made of it. */
function given(): Pixels {
  const picture = readPng(readFileSync(new URL('picture.png', reference)));
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = ((y + 4) * picture.width + x + 8) * picture.channels;
      data.set(picture.data.subarray(from, from + 3), (y * width + x) * 3);
    }
  }
  return { width, height, channels: 3, data };
}

/** Of a picture, what the fixtures hold. */
function thinned({ width: across, height: down, channels, data }: Pixels): Pixels {
  const [columns, rows] = [across / stride, down / stride];
  const kept = Uint8Array.from({ length: columns * rows * 3 }, (_, i) => {
    const [x, y] = [Math.floor(i / 3) % columns, Math.floor(i / 3 / columns)];
    return data[(y * stride * across + x * stride) * channels + (i % 3)] ?? 0;
  });
  return { width: columns, height: rows, channels: 3, data: kept };
}

function expected(): Pixels {
  const planes = new Float32Array(
    new Uint8Array(readFileSync(new URL('families/srvgg-3x.f32', reference))).buffer,
  );
  const [across, down] = [(width * scale) / stride, (height * scale) / stride];
  const size = across * down;
  const data = Uint8Array.from({ length: size * 3 }, (_, i) => {
    const value = planes[(i % 3) * size + Math.floor(i / 3)] ?? 0;
    return Math.round(Math.min(1, Math.max(0, value)) * 255);
  });
  return { width: across, height: down, channels: 3, data };
}

test('a weights file that is dropped runs, stays, can be saved, and can be removed', async ({
  app,
  page,
}) => {
  await app.open();
  const own = page.getByRole('radio', { name: 'Sharp_3x' });
  await app.drop(weights('srvgg-3x.safetensors', 'Sharp_3x.safetensors'));
  await expect(app.notices).toContainText('Sharp_3x (Compact, 3×)');
  await app.drop(pngFile('photo.png', given()));
  await app.frame('photo.png').click();
  await expect(own).toBeChecked();
  await app.scaleBy(scale);
  await app.enlarge();
  await app.state('photo.png', 'done');
  const { bytes } = await app.save();
  const { most, mean } = differences(thinned(readPng(bytes)), expected());
  expect(most).toBeLessThanOrEqual(2);
  expect(mean).toBeLessThanOrEqual(0.3);

  page.on('dialog', (dialog) => void dialog.accept());
  await page.reload();
  await app.ready();
  await expect(own).toBeChecked();
  const copy = await app.saved(() => page.getByRole('button', { name: 'Save a copy Sharp_3x' }).click());
  expect(copy.name).toBe('sharp-3x.safetensors');
  await page.getByRole('button', { name: 'Remove the model Sharp_3x' }).click();
  const question = page.getByRole('dialog', { name: 'Delete Sharp_3x?' });
  await question.getByRole('button', { name: 'Delete' }).click();
  await expect(own).toHaveCount(0);
  await expect(page.getByRole('radio', { name: 'Photo, fast' })).toBeChecked();

  // What was saved is a model again, whatever its name says.
  await app.drop({ name: 'mystery.dat', mimeType: '', buffer: copy.bytes });
  await expect(page.getByRole('radio', { name: 'mystery.dat' })).toBeChecked({ timeout: patience });
});

test('a file that is no model says why, and what to do', async ({ app }) => {
  await app.open();
  const header = JSON.stringify({ 'model.layer.weight': { dtype: 'F32', shape: [1], data_offsets: [0, 4] } });
  const stranger = Buffer.alloc(8 + header.length + 4);
  stranger.writeBigUInt64LE(BigInt(header.length));
  stranger.write(header, 8);
  const sound = weights('srvgg-3x.safetensors');
  const bad: [string, Buffer, RegExp][] = [
    ['page.pth', Buffer.from('<!doctype html><title>Not found</title>'), /web page.*download/i],
    ['words.pth', Buffer.from('these are only words'), /of no model format|text/i],
    ['stranger.safetensors', stranger, /belong to no known network.*ONNX/],
    ['cut.safetensors', sound.buffer.subarray(0, 5000), /ends/],
    [
      'alone.param',
      Buffer.from('7767517\n1 1\nInput data 0 1 data\n'),
      /\.bin is missing.*both files together/,
    ],
  ];
  for (const [name, buffer, says] of bad) {
    await test.step(name, async () => {
      await app.drop({ name, mimeType: '', buffer });
      const notice = app.notices.filter({ hasText: `${name} was not opened.` });
      await expect(notice).toHaveText(says);
    });
  }
});
