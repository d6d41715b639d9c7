/**
 * A host of models for tests, as they behave: redirects to another host, ranges, cross-origin headers,
 * versions, and every way to fail. It runs in Node.
 */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export interface Behaviour {
  /** Answers the first host's requests with a redirect to the second, as Hugging Face does. */
  redirects: boolean;
  ranges: boolean;
  /** Sends cross-origin headers. */
  cors: boolean;
  /** Lets scripts read `ETag` and `Content-Range`. */
  exposes: boolean;
  version: string;
  type: string;
  /** The connection is cut after so many bytes of each of the next answers. */
  cuts: number[];
  /** Statuses of the next answers, instead of the file. */
  statuses: number[];
  /** Bytes per 20 milliseconds; everything at once where it is null. */
  pace: number | null;
  /** Answers begin and then nothing comes. */
  hangs: boolean;
}

export interface ModelServer extends AsyncDisposable {
  /** Of the first host, without a slash at its end. */
  readonly address: string;
  readonly behaviour: Behaviour;
  readonly files: Map<string, Uint8Array>;
  /** Requests that the file's host got: method, and the range that was asked for. */
  readonly asked: { readonly method: string; readonly range: string | null }[];
}

export async function serveModels(files: ReadonlyMap<string, Uint8Array>): Promise<ModelServer> {
  const behaviour: Behaviour = {
    redirects: true,
    ranges: true,
    cors: true,
    exposes: true,
    version: '"one"',
    type: 'application/octet-stream',
    cuts: [],
    statuses: [],
    pace: null,
    hangs: false,
  };
  const served = new Map(files);
  const asked: { method: string; range: string | null }[] = [];
  const storage = await listen((request, response) => {
    asked.push({ method: request.method ?? '', range: request.headers.range ?? null });
    void answer(request, response, behaviour, served.get(pathOf(request)));
  });
  const front = await listen((request, response) => {
    if (!behaviour.redirects) {
      storage.emit('request', request, response);
      return;
    }
    setCors(response, behaviour);
    response.writeHead(302, { Location: `${addressOf(storage)}${request.url ?? '/'}` }).end();
  });
  return {
    address: addressOf(front),
    behaviour,
    files: served,
    asked,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([front, storage].map(close));
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  behaviour: Behaviour,
  file: Uint8Array | undefined,
): Promise<void> {
  setCors(response, behaviour);
  // As the storage hosts do: whatever needs a preflight is refused.
  if (request.method === 'OPTIONS') {
    response.writeHead(403).end();
    return;
  }
  const status = behaviour.statuses.shift();
  if (status !== undefined || !file) {
    response.writeHead(status ?? 404).end();
    return;
  }
  response.setHeader('ETag', behaviour.version);
  response.setHeader('Content-Type', behaviour.type);
  const range = behaviour.ranges ? /^bytes=(\d+)-$/.exec(request.headers.range ?? '') : null;
  const start = Number(range?.[1] ?? 0);
  if (start > 0 && start >= file.byteLength) {
    response.writeHead(416, { 'Content-Range': `bytes */${file.byteLength}` }).end();
    return;
  }
  const bytes = file.subarray(start);
  response.setHeader('Content-Length', bytes.byteLength);
  if (range) {
    response.setHeader('Content-Range', `bytes ${start}-${file.byteLength - 1}/${file.byteLength}`);
  }
  response.writeHead(range ? 206 : 200);
  await send(response, bytes, behaviour, behaviour.cuts.shift() ?? null);
}

async function send(
  response: ServerResponse,
  bytes: Uint8Array,
  behaviour: Behaviour,
  cut: number | null,
): Promise<void> {
  const last = Math.min(bytes.byteLength, cut ?? Number.POSITIVE_INFINITY);
  for (let at = 0; at < last && !response.destroyed;) {
    const end = Math.min(last, at + (behaviour.pace ?? bytes.byteLength));
    await new Promise<void>((resolve) => {
      response.write(bytes.subarray(at, end), () => resolve());
    });
    at = end;
    if (behaviour.pace !== null || behaviour.hangs) await new Promise((resolve) => setTimeout(resolve, 20));
    if (behaviour.hangs) return;
  }
  if (last === bytes.byteLength) response.end();
  else setTimeout(() => response.destroy(), 20);
}

function setCors(response: ServerResponse, { cors, exposes }: Behaviour): void {
  if (cors) response.setHeader('Access-Control-Allow-Origin', '*');
  if (cors && exposes) response.setHeader('Access-Control-Expose-Headers', 'ETag, Content-Range');
}

function pathOf(request: IncomingMessage): string {
  return new URL(request.url ?? '/', 'http://localhost').pathname;
}

async function listen(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function addressOf(server: Server): string {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('The server has no port.');
  return `http://127.0.0.1:${bound.port}`;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
