/**
 * Where a picture's job stands: an explicit union, moved only by `advance`. An event that makes no
 * sense in the current state is ignored, so that a late message of a worker can never revive a job.
 */

import type { Failure } from '../../base/errors.ts';

/** What is being made ready before the first tile: pixels, the model's bytes, or the session. */
export type Preparation =
  | { readonly kind: 'queue' }
  | { readonly kind: 'decode' }
  | { readonly kind: 'model'; readonly bytes: number; readonly total: number }
  /** In words that come with it, as few jobs need them. */
  | { readonly kind: 'told'; readonly words: string }
  | { readonly kind: 'session' };

export type Status =
  | { readonly kind: 'idle' } // no job asked for yet
  | { readonly kind: 'queued' }
  | { readonly kind: 'preparing'; readonly what: Preparation }
  | { readonly kind: 'running' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly error: Failure }
  | { readonly kind: 'cancelled' };

export type StatusEvent =
  | { readonly kind: 'enqueue' }
  | { readonly kind: 'prepare'; readonly what: Preparation }
  | { readonly kind: 'run' }
  | { readonly kind: 'pause' }
  | { readonly kind: 'finish' }
  | { readonly kind: 'fail'; readonly error: Failure }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'lose' }; // the result is gone

export function advance(status: Status, event: StatusEvent): Status {
  switch (event.kind) {
    case 'enqueue':
      return isActive(status) ? status : { kind: 'queued' };
    case 'prepare':
      return status.kind === 'queued' || status.kind === 'preparing'
        ? { kind: 'preparing', what: event.what }
        : status;
    case 'run':
      return status.kind === 'preparing' || status.kind === 'paused' ? { kind: 'running' } : status;
    case 'pause':
      return status.kind === 'running' ? { kind: 'paused' } : status;
    case 'finish':
      return isAtWork(status) ? { kind: 'done' } : status;
    case 'fail':
      // A picture that cannot be read fails before any job was asked for.
      return status.kind === 'done' ? status : { kind: 'failed', error: event.error };
    case 'cancel':
      return isActive(status) ? { kind: 'cancelled' } : status;
    case 'lose':
      return status.kind === 'done' ? { kind: 'idle' } : status;
  }
}

/** A job was asked for and has not ended. */
export function isActive(status: Status): boolean {
  return status.kind === 'queued' || isAtWork(status);
}

/** The one job that the workers are busy with. */
export function isAtWork(status: Status): boolean {
  return status.kind === 'preparing' || status.kind === 'running' || status.kind === 'paused';
}
