/** How the installed app presents itself, and what its service worker precaches. */

import type { VitePWAOptions } from 'vite-plugin-pwa';
import { shareTarget } from '../../src/app/pwa/caches.ts';
import { libraryFolder } from '../../src/app/pwa/headers.ts';

const ground = '#161616';

export const pwaOptions: Partial<VitePWAOptions> = {
  strategies: 'injectManifest',
  srcDir: 'src/app/pwa/service-worker',
  filename: 'service-worker.ts',
  registerType: 'prompt',
  // The app registers it itself, after the first paint.
  injectRegister: false,
  // The globs below have them already.
  includeManifestIcons: false,
  injectManifest: {
    // The wasm builds and the text tokenizer's merges are listed so that the service worker knows them; it does not
    // precache them.
    globPatterns: [
      'index.html',
      `{assets,${libraryFolder}}/*.{js,mjs,css,wasm}`,
      'icons/*.{svg,png}',
      'models/**/*.{json,txt,md,png,jpg,webp,avif}',
    ],
    dontCacheBustURLsMatching: new RegExp(`^(?:assets|${libraryFolder})/`),
    maximumFileSizeToCacheInBytes: 64 * 1024 * 1024,
  },
  manifest: {
    name: 'Enlarger',
    short_name: 'Enlarger',
    description: 'Makes small pictures large and sharp, on this device. Nothing is uploaded.',
    lang: 'en',
    // Relative to the manifest, so that the app works under any path. There is no `id`: it would be relative
    // to the host alone, and the start URL serves as one.
    start_url: './',
    scope: './',
    display: 'standalone',
    theme_color: ground,
    background_color: ground,
    categories: ['photo', 'graphics', 'utilities'],
    icons: [
      { src: 'icons/icon-192.png', sizes: '192x192', type: 'image/png' },
      { src: 'icons/icon-512.png', sizes: '512x512', type: 'image/png' },
      { src: 'icons/maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
      { src: 'icons/icon.svg', sizes: 'any', type: 'image/svg+xml' },
    ],
    share_target: {
      action: `./${shareTarget.path}`,
      method: 'POST',
      enctype: 'multipart/form-data',
      params: { files: [{ name: shareTarget.field, accept: ['image/*'] }] },
    },
    file_handlers: [
      {
        action: './',
        accept: {
          'image/png': ['.png'],
          'image/jpeg': ['.jpg', '.jpeg'],
          'image/webp': ['.webp'],
          'image/avif': ['.avif'],
          'image/gif': ['.gif'],
          'image/bmp': ['.bmp'],
          'image/x-icon': ['.ico'],
          // Models, which have no types of their own.
          'application/octet-stream': ['.safetensors', '.pth', '.pt', '.ckpt', '.onnx'],
        },
      },
    ],
  },
};
