/** A headless Chromium with the app open in it, ready to be given pictures. */

import { chromium, type Browser, type Page } from 'playwright';
import type { Failure } from '../../src/base/errors.ts';
import type { Result } from '../../src/base/result.ts';
import type { EnlargeOptions } from '../../src/app/api/types.ts';
import { headlessFlags, realGpuFlags, softwareGpuFlags } from '../lib/chromium-flags.mjs';
import { ensureChromium } from '../lib/chromium.mjs';

export type PageOptions = Omit<EnlargeOptions, 'onProgress' | 'onNotice' | 'signal' | 'weights'>;

export interface Report {
  readonly width: number;
  readonly height: number;
  readonly source: { readonly width: number; readonly height: number };
  readonly backend: string;
  readonly model: string;
  readonly tiles: number;
  readonly seconds: Readonly<Record<'load' | 'run' | 'encode' | 'total', number>>;
}

export type Answer =
  { readonly ok: true; readonly value: Report } | { readonly ok: false; readonly error: Failure };

export interface OfferedFile {
  readonly name: string;
  readonly url: string;
}

export interface OpenApp {
  /** Reads `input`, enlarges it, and keeps the result in the page until `send`. */
  enlarge(input: string, options: PageOptions): Promise<Answer>;
  /** Takes a model's files in; the value is its id. */
  importModel(files: readonly OfferedFile[]): Promise<Result<string>>;
  /** Takes a diffusion model's files, for every picture from now on. */
  takeWeights(files: readonly OfferedFile[]): Promise<void>;
  /** Posts the last result; why it was not taken, or null. */
  send(url: string): Promise<string | null>;
  close(): Promise<void>;
}

/**
 * `software` allows a GPU computed by the CPU where there is no real one; the engine takes it only when
 * WebGPU is asked for by name.
 */
export async function openApp(
  url: string,
  { software, onNotice }: { readonly software: boolean; readonly onNotice: (text: string) => void },
): Promise<OpenApp> {
  let { browser, page } = await launch(realGpuFlags);
  if (software && !(await hasRealGpu(page, url))) {
    await browser.close();
    ({ browser, page } = await launch(softwareGpuFlags));
  }
  await page.exposeFunction('enlargerNotice', onNotice);
  // `manual`: the app's own window does nothing by itself, so that all cores are the job's.
  await page.goto(`${url}?manual`);
  // Polled from here: the page's policy forbids the evaluation that `waitForFunction` needs.
  for (let tries = 0; !(await page.evaluate(() => window.enlarger !== undefined)); tries++) {
    if (tries > 300) throw new Error('The app did not start within 30 seconds.');
    await page.waitForTimeout(100);
  }
  // tsx wraps functions in this helper, which a function that is sent to the page would miss there.
  await page.evaluate('globalThis.__name = (value) => value');
  return {
    enlarge: (input, options) =>
      page.evaluate(
        async ([from, given]): Promise<Answer> => {
          const { enlarger } = window;
          if (!enlarger) throw new Error('The app did not start.');
          const file = await (await fetch(from)).blob();
          const { enlargerWeights: weights } = window as unknown as { enlargerWeights?: File[] };
          const result = await enlarger.enlarge(file, {
            ...given,
            ...(weights ? { weights } : {}),
            onNotice: (text) => {
              (window as unknown as { enlargerNotice(text: string): void }).enlargerNotice(text);
            },
          });
          if (!result.ok) return result;
          const { blob, backend, ...rest } = result.value;
          (window as unknown as { enlargerResult: Blob }).enlargerResult = blob;
          return { ok: true, value: { ...rest, backend: backend.backend } };
        },
        [input, options] as const,
      ),
    importModel: (files) =>
      page.evaluate(async (offered): Promise<Result<string>> => {
        const { enlarger } = window;
        if (!enlarger) throw new Error('The app did not start.');
        const read = offered.map(
          async ({ name, url: from }) => new File([await (await fetch(from)).blob()], name),
        );
        const card = await enlarger.importModel(await Promise.all(read));
        return card.ok ? { ok: true, value: card.value.id } : card;
      }, files),
    takeWeights: (files) =>
      page.evaluate(async (offered) => {
        const weights: File[] = [];
        // One after another: they are large.
        for (const { name, url: from } of offered) {
          weights.push(new File([await (await fetch(from)).blob()], name));
        }
        (window as unknown as { enlargerWeights: File[] }).enlargerWeights = weights;
      }, files),
    send: (to) =>
      page.evaluate(async (target) => {
        const { enlargerResult } = window as unknown as { enlargerResult: Blob };
        const answer = await fetch(target, { method: 'POST', body: enlargerResult });
        return answer.ok ? null : answer.text();
      }, to),
    close: () => browser.close(),
  };
}

async function launch(flags: readonly string[]): Promise<{ browser: Browser; page: Page }> {
  const browser = await chromium.launch({
    executablePath: ensureChromium(),
    args: [...headlessFlags, ...flags],
  });
  return { browser, page: await browser.newPage({ serviceWorkers: 'block' }) };
}

async function hasRealGpu(page: Page, url: string): Promise<boolean> {
  // WebGPU is there only for pages of a secure origin; any file of it will do.
  await page.goto(`${url}manifest.webmanifest`);
  return page.evaluate(async () => {
    const adapter = await navigator.gpu?.requestAdapter();
    return adapter ? !adapter.info.isFallbackAdapter : false;
  });
}
