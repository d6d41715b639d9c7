/** Clears what older builds have left in a cache. */

/** `scope`: another copy of the app under another path of this host keeps what it has. */
export async function dropOthers(cacheName: string, keep: readonly string[], scope: string): Promise<void> {
  const cache = await caches.open(cacheName);
  for (const { url } of await cache.keys()) {
    if (url.startsWith(scope) && !keep.includes(url)) await cache.delete(url);
  }
}
