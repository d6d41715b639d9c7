/**
 * The longest task on the page's main thread while a job runs, with the app's window in use: `npm run bench --
 * long-tasks [WIDTH HEIGHT]`. The Long Tasks API reports what takes more than 50 ms; there should be nothing.
 */

import { chromium } from 'playwright';
import { AppPage } from '../../playwright/support/app-page.ts';
import { crop, pngFile, repeated } from '../../playwright/support/pictures.ts';
import { serveApp } from '../enlarge/serve.ts';
import { headlessFlags } from '../lib/chromium-flags.mjs';
import { ensureChromium } from '../lib/chromium.mjs';
import { root } from '../lib/run.mjs';

interface LongTask {
  readonly start: number;
  readonly duration: number;
}

declare global {
  interface Window {
    longTasks: LongTask[];
  }
}

const [width = 512, height = 384] = process.argv.slice(2).map(Number);

const server = await serveApp(root);
const browser = await chromium.launch({ executablePath: ensureChromium(), args: headlessFlags });
try {
  const page = await browser.newPage({ viewport: { width: 1440, height: 860 }, acceptDownloads: true });
  await page.addInitScript(() => {
    window.longTasks = [];
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries()) {
        window.longTasks.push({ start: startTime, duration });
      }
    }).observe({ type: 'longtask' });
  });
  const app = new AppPage(page);
  await app.open(`${server.url}?backend=wasm`);
  const source = width <= 600 && height <= 400 ? crop(width, height) : repeated(width, height);
  await app.choose(pngFile('photo.png', source));
  await app.state('photo.png', 'not enlarged yet');

  const begin = await page.evaluate(() => performance.now());
  await app.enlarge();
  // A person looks around while tiles appear.
  let finished = false;
  const done = app.state('photo.png', 'done', 30 * 60_000).finally(() => (finished = true));
  for (let turn = 0; !finished; turn++) {
    await page.mouse.move(400 + (turn % 40) * 8, 400);
    if (turn % 5 === 0) await page.mouse.wheel(0, turn % 2 === 0 ? -120 : 120);
    await page.waitForTimeout(30);
  }
  await done;
  const end = await page.evaluate(() => performance.now());
  const tasks = (await page.evaluate(() => window.longTasks)).filter(
    ({ start }) => start >= begin && start <= end,
  );
  const longest = Math.max(0, ...tasks.map(({ duration }) => duration));
  console.log(
    `long tasks ${width}x${height}: ${tasks.length} over 50 ms in ${((end - begin) / 1000).toFixed(1)} s, longest ${longest.toFixed(0)} ms`,
  );
  for (const { start, duration } of tasks) {
    console.log(`  at ${((start - begin) / 1000).toFixed(2)} s: ${duration.toFixed(0)} ms`);
  }
  process.exitCode = tasks.length === 0 ? 0 : 1;
} finally {
  await browser.close();
  await server.close();
}
