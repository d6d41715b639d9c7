/** The page of `full-size-diffusion.ts`: a chosen file, and workers that do one thing with it and end, so that what they held is free. */

import { wrap, proxy, type Remote } from 'comlink';
import type { DiffusionLibraryApi } from '../../src/protocol/library-diffusion.ts';
import type { FullSizeApi } from './full-size.worker.ts';
import { must } from './must.ts';

declare global {
  interface Window {
    fullSize: typeof fullSize;
  }
}

function chosen(): File {
  const file = document.querySelector('input')?.files?.[0];
  if (!file) throw new Error('No file was chosen.');
  return file;
}

async function within<Api, T>(worker: Worker, work: (api: Remote<Api>) => Promise<T>): Promise<T> {
  const broken = new Promise<never>((_, reject) => {
    worker.addEventListener('error', () => {
      reject(new Error('The worker could not be started, or threw.'));
    });
  });
  try {
    return await Promise.race([work(wrap<Api>(worker)), broken]);
  } finally {
    worker.terminate();
  }
}

function inWorker<T>(work: (api: Remote<FullSizeApi>, file: File) => Promise<T>): Promise<T> {
  const worker = new Worker(new URL('./full-size.worker.ts', import.meta.url), { type: 'module' });
  return within<FullSizeApi, T>(worker, (api) => work(api, chosen()));
}

function inLibrary<T>(work: (api: Remote<DiffusionLibraryApi>) => Promise<T>): Promise<T> {
  const url = new URL('../../workers/library/library.worker.ts', import.meta.url);
  const worker = new Worker(url, { type: 'module' });
  return within<DiffusionLibraryApi, T>(worker, async (api) => {
    must(await api.start(new URL('/models/', location.href).href));
    return work(api);
  });
}

const fullSize = {
  recognise: () => inWorker((api, file) => api.recognise(file)),
  graphs: (precision: 'fp16' | 'fp32') => inWorker((api, file) => api.graphs(file, precision)),
  open: (...how: Parameters<FullSizeApi['open']> extends [File, ...infer Rest] ? Rest : never) =>
    inWorker((api, file) => api.open(file, ...how)),
  keep: () =>
    inLibrary(async (api) => {
      const file = chosen();
      const quiet = proxy(() => undefined);
      return must(await api.importDiffusion([{ name: file.name, blob: file }], quiet)).entry.id;
    }),
  openKept: (id: string) => inLibrary(async (api) => must(await api.openDiffusion([id])).length),
};

window.fullSize = fullSize;
