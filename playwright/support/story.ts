/** The test function of every story: the app's page, and no error that nobody caught. */

import { expect, test as base } from '@playwright/test';
import { AppPage } from './app-page.ts';

export const test = base.extend<{ app: AppPage }>({
  app: async ({ page }, use) => {
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.stack ?? error.message));
    page.on('console', (message) => {
      if (/content security policy/i.test(message.text())) errors.push(message.text());
    });
    await use(new AppPage(page));
    expect(errors, 'errors that nobody caught').toEqual([]);
  },
});

export { expect };
