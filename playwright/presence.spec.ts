/** What the system does for the app while a person is away, and around it: stand-ins for what no headless browser has. */

import { crop, photo, pngFile } from './support/pictures.ts';
import { expect, test } from './support/story.ts';
import { beforeWorker, slowClock } from './support/workers.ts';

/** Runs in the page, before the app: keeps a record of what the app asks of the system. */
function standIns(): void {
  const record: string[] = [];
  let hidden = false;
  Object.defineProperty(document, 'hidden', { get: () => hidden });
  Object.defineProperty(navigator, 'wakeLock', {
    value: {
      request: (kind: string) => {
        record.push(`${kind} on`);
        const lock = {
          released: false,
          release: () => {
            lock.released = true;
            record.push(`${kind} off`);
            return Promise.resolve();
          },
        };
        return Promise.resolve(lock);
      },
    },
  });
  function Told(title: string, { body }: { body: string }): void {
    record.push(`${title}: ${body}`);
  }
  let launch: (launched: unknown) => void = () => undefined;
  Object.defineProperty(window, 'launchQueue', {
    value: { setConsumer: (consumer: typeof launch) => (launch = consumer) },
  });
  Object.assign(window, {
    Notification: Object.assign(Told, { permission: 'granted' }),
    story: {
      record,
      hide: () => (hidden = true),
      launch: async (file: File) => {
        const folder = await navigator.storage.getDirectory();
        const handle = await folder.getFileHandle(file.name, { create: true });
        const stream = await handle.createWritable();
        await stream.write(file);
        await stream.close();
        launch({ files: [handle] });
      },
    },
  });
}

declare global {
  interface Window {
    readonly story: { readonly record: string[]; hide(): void; launch(file: File): Promise<void> };
  }
}

test.beforeEach(async ({ page }) => {
  await page.addInitScript(standIns);
});

test('the screen stays on while a job runs, and a long one tells a hidden tab that it is done', async ({
  app,
  page,
}) => {
  await beforeWorker(page, 'engine', slowClock);
  await app.open();
  await app.drop(pngFile('photo.png', crop(64, 40)));
  await app.scaleBy(16);
  await app.enlarge();
  await app.state('photo.png', 'being enlarged');
  // Opening the picture is work too, and may have ended before the job began.
  await expect.poll(() => page.evaluate(() => window.story.record.at(-1))).toBe('screen on');
  await page.evaluate(() => window.story.record.splice(0));
  await page.evaluate(() => window.story.hide());
  await app.state('photo.png', 'done');
  // Which of the two comes first is nobody's business.
  await expect
    .poll(() => page.evaluate(() => [...window.story.record].sort()))
    .toEqual(['Your picture is ready: photo.png, 1024 × 640', 'screen off']);
});

test('a file that the system opens with the app is there', async ({ app, page }) => {
  await app.open();
  await page.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    await window.story.launch(new File([bytes], 'launched.png', { type: 'image/png' }));
  }, photo().buffer.toString('base64'));
  await app.state('launched.png', 'not enlarged yet');
});

test('the install button is there when the browser offers it, and asks once', async ({ app, page }) => {
  await app.open();
  await expect(app.command('Install')).toHaveCount(0);
  await page.evaluate(() => {
    const offer = Object.assign(new Event('beforeinstallprompt', { cancelable: true }), {
      prompt: () => {
        window.story.record.push('install?');
        return Promise.resolve({ outcome: 'accepted' });
      },
      userChoice: Promise.resolve({ outcome: 'accepted' }),
    });
    window.dispatchEvent(offer);
    window.story.record.push(`the browser's own bar is ${offer.defaultPrevented ? 'held back' : 'shown'}`);
  });
  await app.command('Install').click();
  await expect(app.command('Install')).toHaveCount(0);
  expect(await page.evaluate(() => window.story.record)).toEqual([
    "the browser's own bar is held back",
    'install?',
  ]);
});
