/** A plain static host: the built app under any path, with no header of its own, and a count of what was asked. */

import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { distFolder } from './addresses.ts';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
};

export interface StaticServer extends AsyncDisposable {
  /** Address of the app, with a slash at its end. */
  readonly address: string;
  /** Paths that were asked for so far. */
  readonly asked: readonly string[];
  /** From now on the host has another version of the app. */
  publish(): void;
}

/** `beforeEngine`: a script that runs before the engine's own. */
export async function serveStatically(under = '/', beforeEngine = ''): Promise<StaticServer> {
  const asked: string[] = [];
  let version = 0;
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    asked.push(pathname);
    const inside = pathname.startsWith(under) ? normalize(pathname.slice(under.length)) : '..';
    const file = join(distFolder, inside === '.' ? 'index.html' : inside);
    if (inside.startsWith('..') || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream' });
    if (inside === 'service-worker.js') response.end(`${readFileSync(file, 'utf8')}\n// ${version}`);
    else if (inside.includes('engine.worker')) response.end(`${beforeEngine}\n${readFileSync(file, 'utf8')}`);
    else createReadStream(file).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('The server has no port.');
  return {
    address: `http://localhost:${bound.port}${under}`,
    asked,
    publish: () => version++,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
