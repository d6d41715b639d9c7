/** Registers the service worker, once, in builds only. */

let registering: Promise<ServiceWorkerRegistration | null> | null = null;

/** Null where there is none: in the dev server, in browsers without service workers, or when it was refused. */
export function register(): Promise<ServiceWorkerRegistration | null> {
  registering ??= attempt();
  return registering;
}

async function attempt(): Promise<ServiceWorkerRegistration | null> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return null;
  try {
    const url = new URL('service-worker.js', document.baseURI);
    return await navigator.serviceWorker.register(url, { updateViaCache: 'none' });
  } catch (thrown) {
    console.warn('The service worker could not be registered; the app will not work offline.', thrown);
    return null;
  }
}
