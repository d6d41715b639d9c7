/** Puts `window.enlarger` there. Same-origin pages and extensions can reach it, nobody else. */

import { version } from '../../../package.json';
import { fromThrown, ok, type Result } from '../../base/result.ts';
import { SerialQueue } from '../../base/serial-queue.ts';
import { importForeign, isForeign } from '../../clients/foreign.ts';
import type { Busy } from '../state/busy.svelte.ts';
import type { Services } from '../state/services.ts';
import { enlargeFile } from './enlarge.ts';
import type { EnlargerApi } from './types.ts';

/** `busy` is raised while a call is at work, so that nothing reloads the page under it. */
export function installApi(services: Promise<Services>, busy: Busy): void {
  const queue = new SerialQueue();
  const api: EnlargerApi = {
    version,
    models: async () => {
      const { library } = await services;
      const catalogue = await library.start();
      return catalogue.ok ? ok(catalogue.value.models) : catalogue;
    },
    backend: (choice = 'auto') =>
      queue.run(() => settled(async () => (await services).engine.start({ choice }))),
    importModel: (files, { onNotice } = {}) =>
      busy.during(() =>
        settled(async () => {
          const { engine, library } = await services;
          const known = await library.import(files);
          const imported = isForeign(known)
            ? await importForeign({ engine, library }, files, onNotice)
            : known;
          if (!imported.ok) return imported;
          const { card, notKept } = imported.value;
          if (notKept) onNotice?.(notKept.message);
          return ok(card);
        }),
      ),
    enlarge: (input, options = {}) =>
      busy.during(() => queue.run(() => settled(async () => enlargeFile(await services, input, options)))),
  };
  window.enlarger = Object.freeze(api);
}

/** The API never rejects: even a bug is a value with a code. */
async function settled<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await work();
  } catch (thrown) {
    return { ok: false, error: fromThrown(thrown) };
  }
}
