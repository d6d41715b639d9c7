/** Every command by keyboard alone. The list of commands is the app's own: the help sheet. */

import type { Locator, Page } from '@playwright/test';
import type { AppPage } from './support/app-page.ts';
import { crop, enlargedSize, photo, pngFile, readPng } from './support/pictures.ts';
import { expect, test } from './support/story.ts';
import { beforeWorker, slowClock } from './support/workers.ts';

async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let n = 0; n < 60; n++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error('The keyboard does not get there.');
}

/** Per command of the help sheet: its keys and what must come of them, in an order in which all can run. */
function deeds(app: AppPage): Record<string, () => Promise<void>> {
  const { page } = app;
  const { keyboard } = page;
  const zoomButton = (name: string): Locator =>
    page.getByRole('group', { name: 'Zoom' }).getByRole('button', { name, exact: true });
  const pressed = (name: string): Promise<void> =>
    expect(zoomButton(name)).toHaveAttribute('aria-pressed', 'true');
  const zoom = async (): Promise<number> =>
    parseInt((await page.locator('output.zoom').textContent()) ?? '', 10);
  const current = (name: string): Promise<void> =>
    expect(app.frame(name)).toHaveAttribute('aria-current', 'true');
  const slider = page.getByRole('slider', { name: 'Before and after' });

  return {
    'Keyboard shortcuts': async () => {
      await keyboard.press('?');
      await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
      await keyboard.press('Escape');
      await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeHidden();
    },
    'Open pictures': async () => {
      const [chooser] = await Promise.all([page.waitForEvent('filechooser'), keyboard.press('Control+o')]);
      await chooser.setFiles([photo('one.png'), photo('two.png', 30)]);
      await app.state('two.png', 'not enlarged yet');
    },
    'Paste a picture': async () => {
      await page.evaluate(async (base64) => {
        const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
        const picture = new Blob([bytes], { type: 'image/png' });
        await navigator.clipboard.write([new ClipboardItem({ 'image/png': picture })]);
      }, photo().buffer.toString('base64'));
      await keyboard.press('Control+v');
      await app.state('pasted.png', 'not enlarged yet');
    },
    'Remove the picture': async () => {
      await keyboard.press('Delete');
      await expect(app.frame('pasted.png')).toHaveCount(0);
    },
    'Previous picture': async () => {
      await current('two.png');
      await keyboard.press('b');
      await current('one.png');
    },
    'Next picture': async () => {
      await keyboard.press('n');
      await current('two.png');
      await keyboard.press('b');
    },
    'Zoom to 100 %': async () => {
      // The picture is still being opened: keys do what the buttons do, and those wait for it.
      await expect(zoomButton('100 %')).toBeEnabled();
      await keyboard.press('1');
      await pressed('100 %');
    },
    'Zoom to 200 %': async () => {
      await keyboard.press('2');
      await pressed('200 %');
    },
    'Zoom in': async () => {
      const before = await zoom();
      await keyboard.press('+');
      await expect.poll(zoom).toBeGreaterThan(before);
    },
    'Zoom out': async () => {
      const before = await zoom();
      await keyboard.press('-');
      await expect.poll(zoom).toBeLessThan(before);
    },
    'Fit the window': async () => {
      await keyboard.press('0');
      await pressed('Fit');
    },
    Loupe: async () => {
      const loupe = page.getByRole('figure', { name: 'Loupe' });
      await keyboard.press('l');
      await pressed('Loupe');
      await tabTo(page, page.getByRole('application'));
      const left = await loupe.evaluate((element) => element.style.left);
      await keyboard.press('ArrowLeft');
      await expect.poll(() => loupe.evaluate((element) => element.style.left)).not.toBe(left);
      await keyboard.press('l');
      await expect(loupe).toHaveCount(0);
    },
    'Enlarge only this picture': async () => {
      await keyboard.press('Control+Shift+Enter');
      await app.state('one.png', 'done');
      await app.state('two.png', 'not enlarged yet');
    },
    'Swap before and after': async () => {
      await keyboard.press('x');
      await expect(slider).toHaveAttribute('aria-valuenow', '0');
      await tabTo(page, slider);
      await keyboard.press('PageUp');
      await keyboard.press('ArrowRight');
      await expect(slider).toHaveAttribute('aria-valuenow', '11');
      await keyboard.press('End');
      await expect(slider).toHaveAttribute('aria-valuenow', '100');
    },
    Enlarge: async () => {
      await keyboard.press('Control+Enter');
      await app.state('two.png', 'done');
    },
    'Save the result': async () => {
      const saved = await app.saved(() => keyboard.press('Control+s'));
      expect(saved.name).toBe('one@4x.png');
      expect(readPng(saved.bytes)).toMatchObject(enlargedSize);
    },
    'Save all results': async () => {
      const names: string[] = [];
      page.on('download', (download) => names.push(download.suggestedFilename()));
      await keyboard.press('Control+Shift+s');
      await expect.poll(() => names).toEqual(['one@4x.png', 'two@4x.png']);
    },
    'Copy the result': async () => {
      await keyboard.press('Control+c');
      await expect(app.notices.filter({ hasText: 'on the clipboard' })).toBeVisible();
      const size = await page.evaluate(async () => {
        const [item] = await navigator.clipboard.read();
        const bitmap = item && (await createImageBitmap(await item.getType('image/png')));
        return { width: bitmap?.width, height: bitmap?.height };
      });
      expect(size).toEqual(enlargedSize);
    },
    'Pause or go on': async () => {
      const [chooser] = await Promise.all([page.waitForEvent('filechooser'), keyboard.press('Control+o')]);
      await chooser.setFiles([pngFile('large.png', crop(64, 40))]);
      await app.state('large.png', 'not enlarged yet');
      await tabTo(page, page.getByRole('radio', { name: '4×' }));
      for (let n = 0; n < 2; n++) await keyboard.press('ArrowRight');
      await keyboard.press('Tab');
      await keyboard.type('16');
      await tabTo(page, app.frame('large.png'));
      await keyboard.press('Control+Shift+Enter');
      await app.state('large.png', 'being enlarged');
      await keyboard.press('p');
      await app.state('large.png', 'paused');
      await keyboard.press('p');
      await app.state('large.png', 'being enlarged');
    },
    Cancel: async () => {
      await keyboard.press('Control+.');
      await app.state('large.png', 'cancelled');
    },
    'All models': async () => {
      const models = page.getByRole('dialog', { name: 'Models' });
      await keyboard.press('m');
      await expect(models).toBeVisible();
      await keyboard.press('Escape');
      await expect(models).toBeHidden();
    },
    'Change the theme': async () => {
      const theme = (): Promise<string | undefined> =>
        page.evaluate(() => document.documentElement.dataset['theme']);
      expect(await theme()).toBe('auto');
      await keyboard.press('t');
      expect(await theme()).toBe('light');
    },
  };
}

test('every command works by keyboard', async ({ app, page, context }) => {
  await page.addInitScript(() => Reflect.deleteProperty(window, 'showDirectoryPicker'));
  await beforeWorker(page, 'engine', slowClock);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await app.open();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  const names = await page.locator('dialog dt').allTextContents();
  await page.keyboard.press('Escape');
  const table = deeds(app);
  expect(Object.keys(table).sort()).toEqual(names.sort());
  for (const [name, deed] of Object.entries(table)) await test.step(name, deed);
});
