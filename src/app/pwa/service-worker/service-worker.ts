/**
 * The service worker: the shell is precached, the one wasm build in use and the tokenizer's merges are kept after their
 * first use, shared files are received, and responses get the headers that a host could not send. It never takes over from an
 * older one by itself: the page asks for that when no work would be lost.
 */

import { clientsClaim } from 'workbox-core';
import { addPlugins, cleanupOutdatedCaches, precacheAndRoute } from 'workbox-precaching';
import { registerRoute } from 'workbox-routing';
import { CacheFirst } from 'workbox-strategies';
import { mergesPath } from '../../../diffusion/text/merges-path.ts';
import { runtimeCache, shareTarget, skipWaitingMessage } from '../caches.ts';
import { headersPlugin } from './add-headers.ts';
import { receiveFiles } from './receive-files.ts';
import { dropOthers } from './runtime-files.ts';

declare const self: ServiceWorkerGlobalScope;

const scope = self.registration.scope;
// The build puts the list of files in this place.
const files = self.__WB_MANIFEST.map((entry) => (typeof entry === 'string' ? { url: entry } : entry));
/**
 * Kept after their first use only, as most visits need none of them: the wasm builds, of which a browser needs one, and the text
 * tokenizer's merges. They are in the manifest, so that we know which are this build's.
 */
const isLate = (path: string): boolean => path.endsWith('.wasm') || path === mergesPath;
const lateUrls = files.filter(({ url }) => isLate(url)).map(({ url }) => new URL(url, scope).href);

clientsClaim();
cleanupOutdatedCaches();
addPlugins([headersPlugin]);
precacheAndRoute(
  files.filter(({ url }) => !isLate(url)),
  // `./?shared` is the page as well.
  { directoryIndex: 'index.html', ignoreURLParametersMatching: [/.*/], cleanURLs: false },
);

registerRoute(
  ({ url }) => lateUrls.includes(url.href),
  // Without the headers plugin: no policy comes from a wasm file, and a response made anew would lose the
  // machine code that the browser keeps with it.
  new CacheFirst({ cacheName: runtimeCache }),
);

registerRoute(
  ({ url }) => url.href === new URL(shareTarget.path, scope).href,
  ({ request }) => receiveFiles(request, scope),
  'POST',
);

self.addEventListener('activate', (event) => {
  event.waitUntil(dropOthers(runtimeCache, lateUrls, scope));
});

self.addEventListener('message', (event) => {
  if (event.data === skipWaitingMessage) event.waitUntil(self.skipWaiting());
});
