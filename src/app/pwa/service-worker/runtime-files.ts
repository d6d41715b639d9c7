/** Clears what older builds have left in a cache. */

export async function dropOthers(cacheName: string, keep: readonly string[]): Promise<void> {
  const cache = await caches.open(cacheName);
  for (const { url } of await cache.keys()) {
    if (!keep.includes(url)) await cache.delete(url);
  }
}
