/**
 * The response headers of every file of the app, in one table: the dev and preview servers send them, the
 * build writes them for static hosts (`_headers`), and the service worker adds them where a host cannot.
 */

import { modelHosts, redirectHosts } from '../../models/model-hosts.ts';

export interface HeaderOptions {
  /** The dev server puts styles into the page as elements, which needs one exception. */
  readonly dev?: boolean;
}

/** What the library worker may reach besides its own origin. */
const modelSources = [...modelHosts, ...redirectHosts].map((host) => ` https://${host}`).join('');

/** Built into a folder of its own, so that hosts can give its script another policy by path. */
export const libraryFolder = 'library';

/** `path`: of the request, with or without a query. */
export function headersFor(path: string, options: HeaderOptions = {}): Readonly<Record<string, string>> {
  return {
    'Content-Security-Policy': policyFor(path, options),
    ...commonHeaders,
  };
}

/** The same for every path. */
export const commonHeaders: Readonly<Record<string, string>> = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy':
    'camera=(), display-capture=(), geolocation=(), hid=(), microphone=(), midi=(), payment=(), serial=(), usb=()',
};

export function policyFor(path: string, { dev = false }: HeaderOptions = {}): string {
  return [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    `style-src 'self'${dev ? " 'unsafe-inline'" : ''}`,
    "img-src 'self' blob: data:",
    // A worker is bound by the policy of its own script. The library never sees a picture, and it alone may
    // reach the hosts of models.
    `connect-src 'self'${isLibraryWorker(path) ? modelSources : ''}`,
    "worker-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'self'",
  ].join('; ');
}

function isLibraryWorker(path: string): boolean {
  return /(?:^|\/)library\.worker[.-][\w.-]*$/.test(path.replace(/[?#].*$/s, ''));
}
