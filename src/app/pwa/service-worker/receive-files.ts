/** Receives files shared into the app: they wait in a cache until the page that is opened picks them up. */

import { nameHeader, sharedCache, sharedParameter, shareTarget } from '../caches.ts';

export async function receiveFiles(request: Request, scope: string): Promise<Response> {
  const page = new URL(scope);
  try {
    const form = await request.formData();
    const cache = await caches.open(sharedCache);
    const before = (await cache.keys()).length;
    const files = form.getAll(shareTarget.field).filter((value) => value instanceof File);
    for (const [n, file] of files.entries()) {
      const headers = {
        'Content-Type': file.type || 'application/octet-stream',
        [nameHeader]: encodeURIComponent(file.name),
      };
      await cache.put(new URL(`shared/${before + n}`, scope), new Response(file, { headers }));
    }
    page.searchParams.set(sharedParameter, '');
  } catch (thrown) {
    console.error('Shared files could not be stored.', thrown);
    page.searchParams.set(sharedParameter, 'failed');
  }
  // 303: the page is fetched with GET, whatever came here.
  return Response.redirect(page, 303);
}
