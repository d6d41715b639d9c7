/**
 * Serves the built app for the headless command, with routes over which inputs come and results go: large
 * files then need no detour through the browser's control channel. The routes carry a random key.
 */

import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { preview, type Plugin } from 'vite';

export interface Served {
  readonly url: string;
  /** A URL from which the page can read this file. */
  offer(path: string): string;
  /** A URL to which the page can post; what it posts becomes this file, once all of it is there. */
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

/** Why the file could not be written, as the system says it; null when it was. A former file stays until then. */
async function write(request: IncomingMessage, path: string): Promise<string | null> {
  const part = `${path}.part`;
  let trouble: unknown = null;
  const file = await open(part, 'w').catch((thrown: unknown) => {
    trouble = thrown;
    return null;
  });
  // Read to its end whatever happens: a request that is cut off is never answered.
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    if (trouble === null) await file?.writeFile(chunk).catch((thrown: unknown) => (trouble = thrown));
  }
  try {
    await file?.close();
    if (trouble === null) await rename(part, path);
  } catch (thrown) {
    trouble ??= thrown;
  }
  if (trouble === null) return null;
  await rm(part, { force: true });
  return trouble instanceof Error ? trouble.message : 'an unknown reason';
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
      const trouble = await write(request, file.path);
      if (trouble !== null) response.statusCode = 500;
      response.end(trouble ?? '');
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
