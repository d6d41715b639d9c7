/**
 * New versions of the app. One waits until a person asks for it, and it is refused while any tab has a job
 * running: the new version would take away the files that the old one still loads.
 */

import { skipWaitingMessage } from './caches.ts';
import { register } from './registration.ts';

const lock = 'enlarger-at-work';
/** An app that stays open looks for a new version when it is looked at again, at most this often. */
const checkInterval = 60 * 60 * 1000;
/** The old version stays for as long as it answers a request, which a reload ends. */
const patience = 5000;

export class Updates {
  #waiting = $state(false);
  #registration: ServiceWorkerRegistration | null = null;
  #release: (() => void) | null = null;

  /** Whether a new version is ready to be used. */
  get waiting(): boolean {
    return this.#waiting;
  }

  /** Registers the service worker and watches for new versions. */
  async start(): Promise<void> {
    const registration = await register();
    if (!registration) return;
    this.#registration = registration;
    if (registration.waiting && registration.active) this.#waiting = true;
    this.#watch(registration.installing);
    registration.addEventListener('updatefound', () => {
      this.#watch(registration.installing);
    });
    let controlled = navigator.serviceWorker.controller !== null;
    navigator.serviceWorker.addEventListener('controllerchange', () => {
      // Another tab has changed to a new version: this one is of the old version until it is reloaded.
      if (controlled) this.#waiting = true;
      controlled = true;
    });
    let checked = Date.now();
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState !== 'visible' || Date.now() - checked < checkInterval) return;
      checked = Date.now();
      registration.update().catch(() => undefined);
    });
  }

  /** To be told when this tab starts and ends work that a new version must not disturb. */
  setBusy(busy: boolean): void {
    if (busy === (this.#release !== null)) return;
    this.#release?.();
    this.#release = null;
    if (!busy) return;
    const done = new Promise<void>((resolve) => {
      this.#release = resolve;
    });
    // Absent where the page is not served securely, whatever the types say.
    const locks: LockManager | undefined = navigator.locks;
    locks?.request(lock, { mode: 'shared' }, () => done).catch(() => undefined);
  }

  /** Changes to the new version and reloads. False, and nothing happens, while a tab is at work. */
  async apply(): Promise<boolean> {
    if (await this.#someoneBusy()) return false;
    const reload = (): void => {
      location.reload();
    };
    const waiting = this.#registration?.waiting;
    if (waiting) {
      navigator.serviceWorker.addEventListener('controllerchange', reload, { once: true });
      setTimeout(reload, patience);
      waiting.postMessage(skipWaitingMessage);
    } else {
      reload();
    }
    return true;
  }

  #watch(worker: ServiceWorker | null): void {
    worker?.addEventListener('statechange', () => {
      // The very first version has nothing to wait for.
      if (worker.state === 'installed' && this.#registration?.active) this.#waiting = true;
    });
  }

  async #someoneBusy(): Promise<boolean> {
    if (this.#release) return true;
    const locks: LockManager | undefined = navigator.locks;
    const state = await locks?.query();
    return state?.held?.some(({ name }) => name === lock) ?? false;
  }
}
