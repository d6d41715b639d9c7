/** The test function of every story: the app's page, and no error that nobody caught. */

import { expect, test as base } from '@playwright/test';
import { AppPage } from './app-page.ts';

interface Options {
  /** A first visit: no speed was measured yet, so the app measures every model in quiet moments. */
  newcomer: boolean;
}

export const test = base.extend<Options & { app: AppPage }>({
  newcomer: [false, { option: true }],
  app: async ({ page, newcomer }, use) => {
    if (!newcomer) await page.addInitScript(rememberSpeeds);
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
    await use(new AppPage(page));
    expect(errors, 'errors that nobody caught').toEqual([]);
  },
});

export { expect };

/** Runs in the page: the speeds of an earlier visit, so that no measuring disturbs a story. */
function rememberSpeeds(): void {
  const models = { 'photo-fast': 30e3, photo: 1e3, 'anime-fast': 60e3, anime: 4e3, 'faithful-2x': 20e3 };
  const devices = [1, 2, 3, 4, 5, 6, 7, 8].map(
    (threads) => [`wasm fp32 ${threads} threads`, models] as const,
  );
  try {
    localStorage.setItem('enlarger.speeds', JSON.stringify(Object.fromEntries(devices)));
  } catch {
    // A page without storage: about:blank.
  }
}
