/** Names that the page and the service worker share. */

/** The wasm build that this browser needs, and the text tokenizer's merges, kept after their first use. */
export const runtimeCache = 'enlarger-runtime';

/** Files shared into the app, until the page picks them up. */
export const sharedCache = 'enlarger-shared';

/** Where the browser posts shared files to, and the field they are in (both in the manifest). */
export const shareTarget = { path: 'share', field: 'pictures' } as const;

/** The page is opened with this parameter after a share; its value is `failed` when nothing could be stored. */
export const sharedParameter = 'shared';

/** Carries a shared file's name, percent-encoded. */
export const nameHeader = 'X-File-Name';

/** Sent by the page to the waiting service worker. */
export const skipWaitingMessage = 'skip-waiting';
