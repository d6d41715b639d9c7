import { describe, expect, it } from 'vitest';
import { failure } from '../../base/result.ts';
import { advance, isActive, isAtWork, type Status, type StatusEvent } from './status.ts';

const walk = (...events: StatusEvent[]): Status => events.reduce<Status>(advance, { kind: 'idle' });
const decode: StatusEvent = { kind: 'prepare', what: { kind: 'decode' } };

describe('advance', () => {
  it('walks a job from queued to done', () => {
    expect(walk({ kind: 'enqueue' })).toEqual({ kind: 'queued' });
    expect(walk({ kind: 'enqueue' }, decode)).toEqual({ kind: 'preparing', what: { kind: 'decode' } });
    expect(walk({ kind: 'enqueue' }, decode, { kind: 'run' })).toEqual({ kind: 'running' });
    expect(walk({ kind: 'enqueue' }, decode, { kind: 'run' }, { kind: 'finish' })).toEqual({ kind: 'done' });
  });

  it('pauses and goes on', () => {
    const paused = walk({ kind: 'enqueue' }, decode, { kind: 'run' }, { kind: 'pause' });
    expect(paused).toEqual({ kind: 'paused' });
    expect(advance(paused, { kind: 'run' })).toEqual({ kind: 'running' });
  });

  it('ignores what comes too late', () => {
    const cancelled = walk({ kind: 'enqueue' }, decode, { kind: 'run' }, { kind: 'cancel' });
    for (const event of [{ kind: 'run' }, { kind: 'finish' }, { kind: 'pause' }, decode] as StatusEvent[]) {
      expect(advance(cancelled, event)).toBe(cancelled);
    }
    const done = walk({ kind: 'enqueue' }, decode, { kind: 'run' }, { kind: 'finish' });
    expect(advance(done, { kind: 'cancel' })).toBe(done);
    expect(advance(done, { kind: 'fail', error: failure('internal', '') })).toBe(done);
  });

  it('does not queue twice, and queues again after an end', () => {
    const queued = walk({ kind: 'enqueue' });
    expect(advance(queued, { kind: 'enqueue' })).toBe(queued);
    expect(advance({ kind: 'done' }, { kind: 'enqueue' })).toEqual({ kind: 'queued' });
    expect(advance({ kind: 'cancelled' }, { kind: 'enqueue' })).toEqual({ kind: 'queued' });
  });

  it('fails a picture that was never queued', () => {
    const error = failure('picture-corrupt', 'cut short');
    expect(advance({ kind: 'idle' }, { kind: 'fail', error })).toEqual({ kind: 'failed', error });
  });
});

describe('a lost result', () => {
  it('makes a done picture one to do, and leaves every other state', () => {
    expect(advance({ kind: 'done' }, { kind: 'lose' })).toEqual({ kind: 'idle' });
    expect(advance({ kind: 'running' }, { kind: 'lose' })).toEqual({ kind: 'running' });
    expect(advance({ kind: 'cancelled' }, { kind: 'lose' })).toEqual({ kind: 'cancelled' });
  });
});

describe('isActive and isAtWork', () => {
  it('tell waiting from working', () => {
    expect(isActive({ kind: 'queued' })).toBe(true);
    expect(isAtWork({ kind: 'queued' })).toBe(false);
    expect(isAtWork({ kind: 'paused' })).toBe(true);
    expect(isActive({ kind: 'done' })).toBe(false);
  });
});
