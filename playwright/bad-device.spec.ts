/** Browsers without threads and without WebGPU, and a GPU that is lost in the middle. */

import { headlessFlags, softwareGpuFlags } from '../scripts/lib/chromium-flags.mjs';
import { findChromium } from '../scripts/lib/chromium.mjs';
import { samplePicture } from '../src/formats/testing/sample-pictures.ts';
import { patience } from './support/app-page.ts';
import { differences, enlargedBy } from './support/expected.ts';
import { beforeWorker } from './support/workers.ts';
import { crop, photo, pngFile, readPng } from './support/pictures.ts';
import { serveStatically } from './support/static-server.ts';
import { expect, test } from './support/story.ts';

const chromium = findChromium();

const withoutWebGpu = `Object.defineProperty(navigator, 'gpu', { value: undefined });`;

const withoutWebGl = `{
  const { getContext } = OffscreenCanvas.prototype;
  OffscreenCanvas.prototype.getContext = function (kind, ...options) {
    return kind === 'webgl2' ? null : getContext.call(this, kind, ...options);
  };
}`;

const keepDevice = `{
  const { requestDevice } = GPUAdapter.prototype;
  GPUAdapter.prototype.requestDevice = async function (...options) {
    return (self.storyDevice = await requestDevice.apply(this, options));
  };
}`;

test.use({
  serviceWorkers: 'block',
  launchOptions: {
    args: [...headlessFlags, ...softwareGpuFlags],
    ...(chromium === null ? {} : { executablePath: chromium }),
  },
});

test('one thread of the CPU does the work, and the app says so', async ({ app, page }) => {
  await using host = await serveStatically();
  await beforeWorker(page, 'engine', withoutWebGpu);
  await app.open(host.address);
  await app.device.click();
  const device = page.getByRole('dialog', { name: 'Device' });
  await expect(device).toContainText('This browser offers no WebGPU here, so the CPU does the work.');
  await expect(device).toContainText('on 1 thread.');
  await expect(device).toContainText('This page is not isolated, so the CPU works with one thread only.');
  await page.keyboard.press('Escape');
  const source = crop(96, 64);
  await app.drop(pngFile('photo.png', source));
  await app.enlarge();
  await app.state('photo.png', 'done');
  const { most } = differences(readPng((await app.save()).bytes), await enlargedBy('photo-fast', source));
  expect(most).toBeLessThanOrEqual(3);
});

test('WebGPU asked for by name, where there is none, is refused with the way out', async ({ app, page }) => {
  await beforeWorker(page, 'engine', withoutWebGpu);
  await page.goto('./?backend=webgpu');
  await expect(app.device).toHaveAccessibleName('Device: Cannot compute', { timeout: 60_000 });
  await app.device.click();
  const device = page.getByRole('dialog', { name: 'Device' });
  await expect(device).toContainText('This browser offers no WebGPU here. Choose');
  await device.getByRole('radio', { name: 'The faster one' }).check({ force: true });
  await app.ready();
  await page.keyboard.press('Escape');
  await app.drop(photo());
  await app.enlarge();
  await app.state('photo.png', 'done');
});

test('colours that this browser would round are told, and only there', async ({ app, page }) => {
  await beforeWorker(page, 'codec', withoutWebGl);
  await app.open();
  await app.drop(photo('opaque.png'), {
    name: 'faint.webp',
    mimeType: 'image/webp',
    buffer: Buffer.from(samplePicture('webpAlpha')),
  });
  await app.frame('faint.webp').click();
  await expect(app.notices.filter({ hasText: 'faint.webp: This browser rounds the colours' })).toBeVisible();
  await expect(app.notices).toHaveCount(1);
});

test('a GPU lost in the middle costs no more than a tile', async ({ app, page }) => {
  test.slow();
  await beforeWorker(page, 'engine', keepDevice);
  await app.open('./?backend=webgpu');
  await expect(app.device).toHaveAccessibleName(/^Device: WebGPU, measured/);
  const source = crop(8, 6);
  await app.drop(pngFile('photo.png', source));
  await app.scaleBy(16);
  await app.enlarge();
  // The first of two passes is done.
  await expect(app.progress).toContainText('tile 2 of 2', { timeout: patience });
  const engine = page.workers().find((worker) => worker.url().includes('engine.worker'));
  await engine?.evaluate(() => {
    if ('storyDevice' in self) (self.storyDevice as GPUDevice).destroy();
  });
  await expect(app.notices.filter({ hasText: 'GPU' })).toBeVisible();
  // The new engine checks the GPU once more before it goes on.
  await app.state('photo.png', 'done', 2 * patience);
  await expect(app.progress).toContainText('on WebGPU');
  const twice = await enlargedBy('photo-fast', await enlargedBy('photo-fast', source));
  expect(differences(readPng((await app.save()).bytes), twice).mean).toBeLessThanOrEqual(0.3);
});
