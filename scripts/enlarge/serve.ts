/**
 * Serves the built app for the headless command, with routes over which inputs come and results go: large
 * files then need no detour through the browser's control channel. The routes carry a random key.
 */

import { createReadStream, createWriteStream } from 'node:fs';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { preview, type Plugin } from 'vite';

export interface Served {
  readonly url: string;
  /** A URL from which the page can read this file. */
  offer(path: string): string;
  /** A URL to which the page can post; what it posts becomes this file. */
  accept(path: string): string;
  close(): Promise<void>;
}

export async function serveApp(root: string): Promise<Served> {
  const key = randomUUID();
  const files: { readonly path: string; readonly method: string }[] = [];
  const server = await preview({
    root,
    logLevel: 'error',
    preview: { port: 0, host: '127.0.0.1', open: false },
    plugins: [exchange(key, files)],
  });
  const address = server.httpServer.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  const route = (path: string, method: string): string => `/${key}/${files.push({ path, method }) - 1}`;
  return {
    url: `http://localhost:${address.port}/`,
    offer: (path) => route(path, 'GET'),
    accept: (path) => route(path, 'POST'),
    close: () => server.close(),
  };
}

function exchange(key: string, files: readonly { readonly path: string; readonly method: string }[]): Plugin {
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    const [, found, index] = (request.url ?? '').split('/');
    const file = found === key ? files[Number(index)] : undefined;
    if (!file || file.method !== request.method) return false;
    if (file.method === 'GET') {
      response.setHeader('Content-Type', 'application/octet-stream');
      await pipeline(createReadStream(file.path), response);
    } else {
      await pipeline(request, createWriteStream(file.path));
      response.end();
    }
    return true;
  };
  return {
    name: 'enlarger:exchange',
    configurePreviewServer: ({ middlewares }) => {
      middlewares.use((request, response, next) => {
        answer(request, response).then((done) => {
          if (!done) next();
        }, next);
      });
    },
  };
}
