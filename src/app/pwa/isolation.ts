/**
 * On a host that cannot send headers the first page comes without cross-origin isolation (so without WASM
 * threads); later ones come through the service worker, with it. So the page reloads once, when the service
 * worker has just taken over and nothing would be lost.
 */

const key = 'enlarger.reloaded-for-isolation';

/** `mayReload`: whether the page holds nothing yet, and no job runs. Asked when the time has come. */
export function reloadForIsolation(mayReload: () => boolean): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  // A page that already came through the service worker would get no better by a reload.
  if (crossOriginIsolated || navigator.serviceWorker.controller) return;
  navigator.serviceWorker.addEventListener(
    'controllerchange',
    () => {
      if (mayReload() && firstTime()) location.reload();
    },
    { once: true },
  );
}

/** Once a tab: where even that cannot be remembered, never, rather than in a loop. */
function firstTime(): boolean {
  try {
    if (sessionStorage.getItem(key) !== null) return false;
    sessionStorage.setItem(key, 'yes');
    return sessionStorage.getItem(key) !== null;
  } catch {
    return false;
  }
}
