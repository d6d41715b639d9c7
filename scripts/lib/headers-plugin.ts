/**
 * Sends the app's headers from the dev and preview servers, and writes them into the build as `_headers`, the
 * file that Netlify and Cloudflare read.
 */

import type { Connect, Plugin } from 'vite';
import { commonHeaders, headersFor, libraryFolder, policyFor } from '../../src/app/pwa/headers.ts';

export function headersPlugin(): Plugin {
  const middleware =
    (dev: boolean): Connect.NextHandleFunction =>
    (request, response, next) => {
      for (const [name, value] of Object.entries(headersFor(request.url ?? '/', { dev }))) {
        response.setHeader(name, value);
      }
      next();
    };
  return {
    name: 'enlarger:headers',
    configureServer: (server) => {
      server.middlewares.use(middleware(true));
    },
    configurePreviewServer: (server) => {
      server.middlewares.use(middleware(false));
    },
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: '_headers', source: headersFile() });
    },
  };
}

/**
 * Where two rules name the same header these hosts send both, and two policies are the stricter of each: so
 * every path gets its policy from exactly one rule.
 */
export function headersFile(): string {
  const policy = { 'Content-Security-Policy': policyFor('/') };
  const forever = { 'Cache-Control': 'public, max-age=31536000, immutable' };
  return (
    [
      rule('/*', commonHeaders),
      ...[
        '/',
        '/index.html',
        '/service-worker.js',
        '/manifest.webmanifest',
        '/licences.txt',
        '/icons/*',
        '/models/*',
      ].map((path) => rule(path, policy)),
      rule('/assets/*', { ...policy, ...forever }),
      rule(`/${libraryFolder}/*`, {
        'Content-Security-Policy': policyFor(`/${libraryFolder}/library.worker-x.js`),
        ...forever,
      }),
    ].join('\n\n') + '\n'
  );
}

function rule(path: string, headers: Readonly<Record<string, string>>): string {
  return [path, ...Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`)].join('\n');
}
