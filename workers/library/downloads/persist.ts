/** Fetches one file whole, through broken connections: goes on after each, waits longer each time in vain, then says why. */

import type { Failure } from '../../../src/base/errors.ts';
import { ok, type Result } from '../../../src/base/result.ts';
import { broken, diskFull, stopped, wrongFile } from './failures.ts';
import type { PartialFile } from './partial-file.ts';
import { requestRest, type Asking } from './request.ts';

/** Waiting times after requests that brought nothing, in milliseconds. */
export const usualDelays: readonly number[] = [1000, 3000, 9000];
/** So often a file may begin anew in one download. */
const mostBeginnings = 3;

export interface Persistence {
  readonly delays: readonly number[];
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

export async function fetchPersistently(
  asking: Asking,
  partial: PartialFile,
  { delays, wait }: Persistence,
): Promise<Result<null>> {
  const { model, signal } = asking;
  let vain = 0;
  let beginnings = 0;
  const counting: Asking = {
    ...asking,
    onAnew: (why) => {
      beginnings++;
      asking.onAnew(why);
    },
  };
  for (;;) {
    const before = partial.bytes;
    const outcome = await requestRest(counting, partial);
    if (signal.aborted) return { ok: false, error: stopped(model) };
    if (outcome.kind === 'whole') return ok(null);
    if (outcome.kind === 'failed') return { ok: false, error: told(asking, outcome.failure, partial) };
    if (outcome.kind === 'useless') {
      // Once more from the start; a second time it is the server's file that is another.
      if (++beginnings > 1) return { ok: false, error: wrongFile(model, outcome.found) };
      asking.onAnew('changed');
      const begun = await partial.begin(null);
      if (!begun.ok) return { ok: false, error: told(asking, begun.error, partial) };
      continue;
    }
    vain = partial.bytes > before ? 0 : vain + 1;
    const delay = delays[Math.max(0, vain - 1)];
    if (delay === undefined || beginnings >= mostBeginnings) {
      return { ok: false, error: broken(model, outcome.cause, partial.bytes) };
    }
    await wait(delay, signal);
    if (signal.aborted) return { ok: false, error: stopped(model) };
  }
}

/** Ends early when the download is stopped. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function told({ model }: Asking, failure: Failure, partial: PartialFile): Failure {
  return failure.code === 'storage-full' ? diskFull(model, failure, partial) : failure;
}
