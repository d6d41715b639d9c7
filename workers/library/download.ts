/** Fetches a model's file into chunks and checks it against its card before anyone sees it. */

import { fail, ok, type Result } from '../../src/base/result.ts';
import type { ModelCard } from '../../src/models/card.ts';
import { Checksum } from './checksum.ts';
import { Chunks } from './chunks.ts';
import { megabytes } from './storage-failure.ts';

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** Between two progress events, in milliseconds. */
const progressInterval = 50;

export async function download(
  card: ModelCard,
  url: string,
  fetcher: Fetch,
  onBytes: (bytes: number) => void,
): Promise<Result<readonly Blob[]>> {
  const first = await attempt(card, () => fetcher(url), onBytes);
  if (first.ok || first.error.code !== 'model-damaged') return first;
  // The browser's own HTTP cache may be what is damaged, or out of date.
  return attempt(card, () => fetcher(url, { cache: 'reload' }), onBytes);
}

async function attempt(
  card: ModelCard,
  request: () => Promise<Response>,
  onBytes: (bytes: number) => void,
): Promise<Result<readonly Blob[]>> {
  const { bytes: expected, sha256 } = card.file;
  let response: Response;
  try {
    response = await request();
  } catch {
    return unavailable(card, 'The network or the server cannot be reached.');
  }
  if (!response.ok || response.body === null) {
    return unavailable(card, `The server answered with status ${response.status}.`);
  }

  const chunks = new Chunks();
  const blobs: Blob[] = [];
  const checksum = new Checksum();
  const reader = response.body.getReader();
  let bytes = 0;
  let told = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
      if (bytes > expected) {
        await reader.cancel();
        return damaged(card, `more than ${expected} bytes`);
      }
      checksum.add(value);
      blobs.push(...chunks.add(value));
      const now = performance.now();
      if (now - told >= progressInterval || bytes === expected) {
        told = now;
        onBytes(bytes);
      }
    }
  } catch {
    return unavailable(card, `The connection broke off after ${megabytes(bytes)} of ${megabytes(expected)}.`);
  }
  if (bytes !== expected) return damaged(card, `${bytes} bytes instead of ${expected}`);
  if (checksum.end() !== sha256) return damaged(card, 'another sha256 than its card says');
  return ok([...blobs, ...chunks.end()]);
}

function unavailable(card: ModelCard, cause: string): Result<never> {
  return fail(
    'model-unavailable',
    `The model "${card.id}" is not on this device and could not be downloaded. ${cause} Connect to the network and try again, or choose a model that is on this device.`,
    { model: card.id, cause },
  );
}

function damaged(card: ModelCard, found: string): Result<never> {
  return fail(
    'model-damaged',
    `The downloaded file of the model "${card.id}" is not the right one: ${found}. Try again later or choose another model; if it stays so, the app has to be installed on its server again.`,
    { model: card.id, found },
  );
}
