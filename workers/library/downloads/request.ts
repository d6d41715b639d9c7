/**
 * One request for the rest of a file. It sends no header but `Range` with one range, which needs no preflight
 * (storage hosts answer none), and gets by where the answer's headers may not be read: whether the file
 * changed shows in its version or its length where those are told, and in the end in its sha256.
 */

import type { Failure } from '../../../src/base/errors.ts';
import type { Downloadable } from '../../../src/models/available.ts';
import type { Fetch } from '../download.ts';
import { refused, unreachable, webPage } from './failures.ts';
import type { PartialFile } from './partial-file.ts';

export type Outcome =
  | { readonly kind: 'whole' }
  /** It can go on from where it is. */
  | { readonly kind: 'broken'; readonly cause: string }
  /** What came is of no use: the file begins anew with the next request. */
  | { readonly kind: 'useless'; readonly found: string }
  | { readonly kind: 'failed'; readonly failure: Failure };

export interface Asking {
  readonly model: Downloadable;
  readonly url: string;
  readonly fetch: Fetch;
  readonly signal: AbortSignal;
  /** A server that sends nothing for so long is given up, in milliseconds. */
  readonly patience: number;
  readonly onBytes: () => void;
  readonly onAnew: (why: 'changed' | 'no-ranges') => void;
}

export async function requestRest(asking: Asking, partial: PartialFile): Promise<Outcome> {
  const { model, url, fetch, signal } = asking;
  const from = partial.bytes;
  if (from === partial.total) return { kind: 'whole' };
  const { host } = new URL(url);
  const silence = new Silence(asking.patience);
  const either = AbortSignal.any([signal, silence.signal]);
  try {
    const response = await fetch(url, {
      signal: either,
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      // The bytes are kept in the store: a second copy in the browser's cache would only take room.
      cache: 'no-store',
      ...(from > 0 && { headers: { Range: `bytes=${from}-` } }),
    });
    silence.end();
    const place = placeOf(response, from, partial);
    const body = response.body;
    if (place.kind === 'refused' || body === null) {
      await body?.cancel();
      if (place.kind === 'refused' && place.passing)
        return { kind: 'broken', cause: `${host} answered with status ${response.status}.` };
      return { kind: 'failed', failure: refused(model, host, response.status) };
    }
    if (place.kind === 'useless') {
      await body.cancel();
      return place;
    }
    if (/^text\/html\b/i.test(response.headers.get('content-type') ?? '')) {
      await body.cancel();
      return { kind: 'failed', failure: webPage(model, host) };
    }
    if (place.kind === 'start') {
      if (from > 0) asking.onAnew(place.changed ? 'changed' : 'no-ranges');
      const begun = await partial.begin(response.headers.get('etag'));
      if (!begun.ok) return { kind: 'failed', failure: begun.error };
    }
    return await receive(asking, body.getReader(), partial, silence);
  } catch {
    if (silence.signal.aborted) return { kind: 'broken', cause: `${host} has sent nothing for a while.` };
    return { kind: 'broken', cause: unreachable(host) };
  } finally {
    silence.end();
  }
}

type Place =
  | { readonly kind: 'start'; readonly changed: boolean }
  | { readonly kind: 'rest' }
  | { readonly kind: 'useless'; readonly found: string }
  | { readonly kind: 'refused'; readonly passing: boolean };

/** Where in the file an answer begins. */
function placeOf({ status, headers }: Response, from: number, { version, total }: PartialFile): Place {
  const told = headers.get('etag');
  const changed = told !== null && version !== null && told !== version;
  if (status === 206 && from > 0) {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
    const [, start, length] = range ?? [];
    const other = length !== undefined && length !== '*' && Number(length) !== total;
    if (changed || other) return { kind: 'useless', found: 'it has changed on the server' };
    if (start !== undefined && Number(start) !== from)
      return { kind: 'useless', found: 'another part of the file' };
    return { kind: 'rest' };
  }
  if (status === 200 || status === 206) return { kind: 'start', changed };
  if (status === 416) return { kind: 'useless', found: `the file ends before ${from + 1} bytes` };
  return { kind: 'refused', passing: status === 408 || status === 425 || status === 429 || status >= 500 };
}

async function receive(
  { model, url, onBytes }: Asking,
  reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  partial: PartialFile,
  silence: Silence,
): Promise<Outcome> {
  const { host } = new URL(url);
  try {
    for (;;) {
      silence.begin();
      const { done, value } = await reader.read();
      silence.end();
      if (done) break;
      if (partial.bytes === 0 && isWebPage(value)) {
        await reader.cancel();
        return { kind: 'failed', failure: webPage(model, host) };
      }
      if (partial.bytes + value.byteLength > partial.total) {
        await reader.cancel();
        return { kind: 'useless', found: `more than ${partial.total} bytes` };
      }
      const added = await partial.add(value);
      if (!added.ok) {
        await reader.cancel();
        return { kind: 'failed', failure: added.error };
      }
      onBytes();
    }
  } catch {
    const flushed = await partial.flush();
    if (!flushed.ok) return { kind: 'failed', failure: flushed.error };
    return { kind: 'broken', cause: 'The connection broke off.' };
  }
  const flushed = await partial.flush();
  if (!flushed.ok) return { kind: 'failed', failure: flushed.error };
  return partial.bytes === partial.total
    ? { kind: 'whole' }
    : { kind: 'broken', cause: 'The connection ended early.' };
}

function isWebPage(bytes: Uint8Array): boolean {
  const start = new TextDecoder().decode(bytes.subarray(0, 64)).trimStart().toLowerCase();
  return start.startsWith('<!doctype') || start.startsWith('<html');
}

/** Aborts a request when nothing comes for a while. */
class Silence {
  readonly #controller = new AbortController();
  readonly #patience: number;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(patience: number) {
    this.#patience = patience;
    this.begin();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  begin(): void {
    this.end();
    this.#timer = setTimeout(() => {
      this.#controller.abort();
    }, this.#patience);
  }

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
