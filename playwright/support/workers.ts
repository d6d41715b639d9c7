/** Other browsers, as workers see them: a script that runs before a worker's own. */

import type { Page } from '@playwright/test';

/**
 * Init scripts do not reach workers, so the worker's script is changed on its way. Wants
 * `serviceWorkers: 'block'`. With `times` only so many workers of that name get it.
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
