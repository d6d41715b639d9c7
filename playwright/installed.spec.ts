/** The installed app: pictures shared into it, and new versions that wait for the work to be done. */

import { crop, photo, pngFile } from './support/pictures.ts';
import { serveStatically } from './support/static-server.ts';
import { expect, test } from './support/story.ts';
import { slowClock } from './support/workers.ts';

test('a picture shared into the app is opened', async ({ app, page }) => {
  await app.open();
  await expect(page.getByText('Offline ready')).toBeVisible();
  // As the system does it: a form with the manifest's field, sent to the manifest's address.
  await page.evaluate((base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const transfer = new DataTransfer();
    transfer.items.add(new File([bytes], 'shared.png', { type: 'image/png' }));
    const form = Object.assign(document.createElement('form'), {
      method: 'post',
      action: './share',
      enctype: 'multipart/form-data',
    });
    const input = Object.assign(document.createElement('input'), { type: 'file', name: 'pictures' });
    input.files = transfer.files;
    form.append(input);
    document.body.append(form);
    form.submit();
  }, photo().buffer.toString('base64'));
  await app.state('shared.png', 'not enlarged yet');
  expect(new URL(page.url()).search).not.toContain('shared');
});

test('a new version waits until the work is done and a person asks for it', async ({ app, page }) => {
  await using host = await serveStatically('/', slowClock);
  await page.goto(`${host.address}?backend=wasm`);
  await page.waitForFunction(() => crossOriginIsolated, null, { timeout: 60_000 });
  await app.ready();
  await app.drop(pngFile('photo.png', crop(64, 40)));
  await app.scaleBy(16);
  await app.enlarge();
  await app.state('photo.png', 'being enlarged');
  await app.command('Pause').click();
  await app.state('photo.png', 'paused');

  host.publish();
  await page.evaluate(async () => (await navigator.serviceWorker.getRegistration())?.update());
  await expect(page.getByText('A new version is ready.')).toBeVisible();
  await expect(app.command('Restart now')).toBeDisabled();
  await app.command('Resume').click();
  await app.state('photo.png', 'done');
  await app.save();

  await Promise.all([page.waitForEvent('load'), app.command('Restart now').click()]);
  await app.ready();
  await expect(page.getByText('A new version is ready.')).toHaveCount(0);
  const waiting = await page.evaluate(
    async () => (await navigator.serviceWorker.getRegistration())?.waiting ?? null,
  );
  expect(waiting).toBeNull();
});
