/** Picks up the files that were shared into the app (received by the service worker). */

import { fail, ok, type Result } from '../../base/result.ts';
import { nameHeader, sharedCache, sharedParameter } from './caches.ts';

/** The shared files, each handed out once; none when the page was not opened by sharing. */
export async function takeSharedFiles(): Promise<Result<readonly File[]>> {
  const here = new URL(location.href);
  const shared = here.searchParams.get(sharedParameter);
  if (shared === null) return ok([]);
  here.searchParams.delete(sharedParameter);
  history.replaceState(history.state, '', here);
  if (shared === 'failed') return lost();
  try {
    const cache = await caches.open(sharedCache);
    const files: File[] = [];
    for (const request of await cache.keys()) {
      const response = await cache.match(request);
      if (response) files.push(await fileOf(response));
    }
    await caches.delete(sharedCache);
    return ok(files);
  } catch {
    return lost();
  }
}

async function fileOf(response: Response): Promise<File> {
  const blob = await response.blob();
  const name = decodeURIComponent(response.headers.get(nameHeader) ?? '') || 'shared';
  return new File([blob], name, { type: blob.type });
}

function lost(): Result<never> {
  return fail(
    'storage-unavailable',
    'The shared pictures could not be taken over: the browser had no room for them, or storing is blocked. Open them here with the button, or drop them in.',
  );
}
