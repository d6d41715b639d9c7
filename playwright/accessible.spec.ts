/** axe on every state of the screen, dark and light, on a desktop and on a phone. */

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { crop, photo, pngFile } from './support/pictures.ts';
import { expect, test } from './support/story.ts';
import { beforeWorker, slowClock } from './support/workers.ts';

async function expectAccessible(page: Page, state: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id} (${help}): ${html}\n${failureSummary ?? ''}`),
  );
  expect(found, state).toEqual([]);
}

const screens = [
  { device: 'desktop', viewport: { width: 1440, height: 860 } },
  { device: 'phone', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
];

for (const { device, ...screen } of screens) {
  for (const colorScheme of ['dark', 'light'] as const) {
    test.describe(`${device}, ${colorScheme}`, () => {
      test.use({ ...screen, colorScheme, contextOptions: { reducedMotion: 'reduce' } });

      test('axe finds nothing on any state of the screen', async ({ app, page }) => {
        const phone = device === 'phone';
        const settings = page.getByRole('button', { name: /^(Change|Close) settings/ });
        await beforeWorker(page, 'engine', slowClock);
        await page.goto('./?backend=wasm');
        await expectAccessible(page, 'starting');
        await app.ready();
        await expectAccessible(page, 'empty');

        await app.device.click();
        await expect(page.getByRole('dialog', { name: 'Device' })).toBeVisible();
        await expectAccessible(page, 'device');
        await page.keyboard.press('Escape');
        await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
        await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
        await expectAccessible(page, 'help');
        await page.keyboard.press('Escape');

        await page.dispatchEvent('main', 'dragenter', {
          dataTransfer: await page.evaluateHandle(() => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([], 'photo.png'));
            return transfer;
          }),
        });
        await expect(page.getByText('Drop to open')).toBeVisible();
        await expectAccessible(page, 'files over the page');
        await app.drop(pngFile('photo.png', crop(64, 40)), photo('second.png'));
        await app.state('second.png', 'not enlarged yet');
        await expectAccessible(page, 'pictures open');
        if (phone) await settings.click();
        await app.pick('Classic');
        await app.pick('To size…');
        await expectAccessible(page, 'to a size, classic');
        await app.scaleTo(65_535, 65_535);
        await expect(app.trouble).toBeVisible();
        await expectAccessible(page, 'refused');
        await app.pick(/^Photo, fast/);
        await app.scaleBy(16);
        await app.pick('JPEG');
        await expectAccessible(page, 'own factor, JPEG');
        await page.getByRole('complementary').locator('summary').first().click();
        await expect(page.getByLabel('Second upscaler')).toBeVisible();
        await expectAccessible(page, 'more settings');
        await page.getByText('Redraw details').click();
        await expect(page.getByRole('button', { name: 'Get Stable Diffusion…' })).toBeVisible();
        await expectAccessible(page, 'redrawing, without a model');
        await page.getByRole('button', { name: 'All models…' }).click();
        const models = page.getByRole('dialog', { name: 'Models' });
        await expect(models.getByRole('article').first()).toBeVisible();
        await expectAccessible(page, 'library');
        await models.getByRole('button', { name: 'Try Photo, fast' }).click();
        await expect(page.getByRole('button', { name: 'Try 1 model' })).toBeEnabled();
        await expectAccessible(page, 'trying models');
        await page.keyboard.press('Escape');
        await expect(page.getByRole('dialog')).toBeHidden();
        if (phone) await settings.click();

        await app.enlarge();
        await app.state('photo.png', 'being enlarged');
        await app.command('Pause').click();
        await app.state('photo.png', 'paused');
        await expectAccessible(page, 'paused');
        await app.command('Resume').click();
        await app.state('photo.png', 'being enlarged');
        await expectAccessible(page, 'running');
        await app.state('second.png', 'done');
        await expectAccessible(page, 'done');
        await app.command('Loupe').click();
        await expectAccessible(page, 'loupe');
        await app.command('Loupe').click();

        const cut = photo('cut.png').buffer.subarray(0, 3000);
        const text = { name: 'notes.png', mimeType: 'image/png', buffer: Buffer.from('no picture') };
        await app.drop({ ...photo('cut.png'), buffer: cut }, text);
        await expect(app.notices.first()).toBeVisible();
        await app.frame('cut.png').click();
        await app.state('cut.png', 'failed');
        await expectAccessible(page, 'failed, with a message');
      });
    });
  }
}
