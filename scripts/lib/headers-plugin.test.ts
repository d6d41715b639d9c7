import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { commonHeaders, headersFor, policyFor } from '../../src/app/pwa/headers.ts';
import { headersFile } from './headers-plugin.ts';

/** Every value that the file gives a header for a path: all rules that match apply. */
function valuesFor(path: string): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const block of headersFile().trim().split('\n\n')) {
    const [pattern = '', ...lines] = block.split('\n');
    const matches = pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern;
    if (!matches) continue;
    for (const line of lines) {
      const [name = '', ...rest] = line.trim().split(': ');
      values.set(name, [...(values.get(name) ?? []), rest.join(': ')]);
    }
  }
  return values;
}

describe('headersFile', () => {
  it.each([
    '/',
    '/index.html',
    '/service-worker.js',
    '/manifest.webmanifest',
    '/assets/index-x.js',
    '/assets/engine.worker-x.js',
    '/assets/ort-wasm-simd-threaded.jspi-x.wasm',
    '/library/library.worker-x.js',
    '/icons/icon-192.png',
    '/models/catalogue.json',
    '/models/photo-fast.onnx',
  ])('gives %s the headers of the table, each once', (path) => {
    const values = valuesFor(path);
    for (const [name, value] of Object.entries(headersFor(path))) {
      expect([name, values.get(name)]).toEqual([name, [value]]);
    }
  });

  it('lets hosts cache only what has a hash in its name', () => {
    expect(valuesFor('/assets/index-x.js').get('Cache-Control')?.[0]).toContain('immutable');
    expect(valuesFor('/index.html').get('Cache-Control')).toBeUndefined();
    expect(valuesFor('/models/photo-fast.onnx').get('Cache-Control')).toBeUndefined();
  });
});

describe('docs/deploy.md', () => {
  const page = readFileSync(new URL('../../docs/deploy.md', import.meta.url), 'utf8');
  const count = (text: string): number => page.split(text).length - 1;

  it('says the same as the table, for every server it describes', () => {
    // The table, nginx, Apache and Caddy.
    for (const [name, value] of Object.entries(commonHeaders)) {
      expect([name, count(name) >= 4, count(value) >= 4]).toEqual([name, true, true]);
    }
    const policy = policyFor('/');
    const library = policyFor('library.worker-x.js');
    expect(count(policy)).toBe(3);
    expect(count(library)).toBe(3);
    // nginx puts in by path what differs.
    expect(count(policy.replace("connect-src 'self'", 'connect-src $enlarger_connect'))).toBe(1);
  });
});
