/**
 * What offline needs beside the shell. The shell is precached by the service worker, models are kept by the
 * library; the wasm build in use is kept here, because at the first visit it was loaded before the service
 * worker was there to keep it.
 */

import { runtimeCache } from './caches.ts';
import { register } from './registration.ts';

/** Puts files of the app into the service worker's cache. Returns whether they are all there. */
export async function keepForOffline(urls: readonly string[]): Promise<boolean> {
  if (!(await register())) return false;
  try {
    const cache = await caches.open(runtimeCache);
    for (const url of urls) {
      if (!(await cache.match(url))) await cache.add(url);
    }
    return true;
  } catch {
    // No room, or no network: the next visit tries again.
    return false;
  }
}

export interface OfflineNeeds {
  /** URL of the wasm file in use (`BackendReport.wasmUrl`). */
  readonly wasmUrl: string;
  /** Whether the library keeps the default model. */
  readonly modelKept: boolean;
}

/** Keeps what is missing, waits for the shell, and says whether the app would now work without a network. */
export async function prepareOffline({ wasmUrl, modelKept }: OfflineNeeds): Promise<boolean> {
  const registration = await register();
  if (!registration) return false;
  const kept = await keepForOffline([wasmUrl]);
  const active = registration.active ?? (await activated(registration));
  return modelKept && kept && active !== null;
}

/** Active means that the whole shell is in the cache. Null when the installation fails. */
async function activated(registration: ServiceWorkerRegistration): Promise<ServiceWorker | null> {
  const worker = registration.installing ?? registration.waiting;
  if (!worker) return registration.active;
  return new Promise((resolve) => {
    const look = (): void => {
      if (worker.state === 'activating' || worker.state === 'activated') resolve(worker);
      if (worker.state === 'redundant') resolve(null);
    };
    worker.addEventListener('statechange', look);
    look();
  });
}
