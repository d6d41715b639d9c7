import { describe, expect, it } from 'vitest';
import { modelHosts, redirectHosts } from '../../models/model-hosts.ts';
import { headersFor } from './headers.ts';
import { withHeaders } from './service-worker/add-headers.ts';

function connectSources(path: string): string | undefined {
  const directives = headersFor(path)['Content-Security-Policy']?.split('; ') ?? [];
  return directives.find((directive) => directive.startsWith('connect-src'));
}

describe('headersFor', () => {
  it.each([
    '/',
    '/index.html?shared',
    '/sub/path/',
    '/assets/engine.worker-CXIQ5Y8U.js',
    '/assets/codec.worker-CXIQ5Y8U.js',
    '/assets/library-myRFZAk1.js',
    '/workers/library/library.ts',
    '/assets/library.worker-x.js/../engine.worker.js',
    '/?library.worker-x.js',
    '/#library.worker-x.js',
  ])('lets %s reach nothing but its own origin', (path) => {
    expect(connectSources(path)).toBe("connect-src 'self'");
  });

  it.each([
    '/library/library.worker-CXIQ5Y8U.js',
    '/sub/library/library.worker-C_IQ-5Y8.js',
    '/workers/library/library.worker.ts?worker_file&type=module',
  ])('lets the library worker %s reach the hosts of models', (path) => {
    const hosts = [...modelHosts, ...redirectHosts].map((host) => `https://${host}`);
    expect(connectSources(path)).toBe(["connect-src 'self'", ...hosts].join(' '));
  });

  it('isolates every response and allows no inline code', () => {
    const headers = headersFor('/anything');
    expect(headers).toMatchObject({
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
      'X-Content-Type-Options': 'nosniff',
    });
    expect(headers['Content-Security-Policy']).not.toContain('unsafe-inline');
    expect(headers['Content-Security-Policy']).not.toContain("'unsafe-eval'");
  });
});

describe('withHeaders', () => {
  it('adds what is missing and keeps what is there', async () => {
    const response = withHeaders(
      '/index.html',
      new Response('hello', {
        status: 203,
        headers: { 'Content-Type': 'text/html', 'Referrer-Policy': 'same-origin' },
      }),
    );
    expect(response.status).toBe(203);
    expect(await response.text()).toBe('hello');
    expect(response.headers.get('content-type')).toBe('text/html');
    expect(response.headers.get('referrer-policy')).toBe('same-origin');
    expect(response.headers.get('cross-origin-embedder-policy')).toBe('require-corp');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
  });

  it('leaves a complete response as it is', () => {
    const response = new Response('hello', { headers: headersFor('/index.html') });
    expect(withHeaders('/index.html', response)).toBe(response);
  });
});
