/** Other browsers, as workers see them: a script that runs before a worker's own. */

import type { Page } from '@playwright/test';

/** The engine takes its machine for a slow one and cuts small tiles, so that a job has several anywhere. */
export const slowClock = `{
  const now = performance.now.bind(performance);
  performance.now = () => now() * 30;
}`;

/**
 * Init scripts do not reach workers, so the worker's script is changed on its way. A worker
 * that starts when a service worker is at work is not reached. With `times` only so many workers of that name get it.
 */
export async function beforeWorker(
  page: Page,
  name: 'engine' | 'codec' | 'library',
  script: string,
  times?: number,
): Promise<void> {
  await page.route(
    `**/${name}.worker-*.js`,
    async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: `${script}\n${await response.text()}` });
    },
    times === undefined ? {} : { times },
  );
}
