import { describe, expect, it } from 'vitest';
import { en } from '../i18n/en.ts';
import { progressWords } from './progress-words.ts';

const progress = {
  tile: 14,
  tiles: 24,
  progress: 0.6,
  next: { progress: 0.04, seconds: 1 },
  secondsLeft: 9.2,
  at: 1000,
};

describe('progressWords', () => {
  it('names the tile at work and counts the seconds down', () => {
    const running = { status: { kind: 'running' }, progress, result: null } as const;
    expect(progressWords(en, running, 1000)).toEqual({ main: 'tile 15 of 24', strong: '9 s left' });
    expect(progressWords(en, running, 4000).strong).toBe('6 s left');
    expect(progressWords(en, running, 99_000).strong).toBe('1 s left');
  });

  it('never counts beyond the last tile', () => {
    const last = { status: { kind: 'running' }, progress: { ...progress, tile: 24 }, result: null } as const;
    expect(progressWords(en, last, 1000).main).toBe('tile 24 of 24');
  });

  it('tells what is being got ready', () => {
    const what = { kind: 'model', bytes: 1_200_000, total: 17_000_000 } as const;
    const status = { kind: 'preparing', what } as const;
    expect(progressWords(en, { status, progress: null, result: null }, 0).main).toBe(
      'Getting the model: 1.2 MB of 17 MB',
    );
  });

  it('says that it rests', () => {
    expect(progressWords(en, { status: { kind: 'paused' }, progress, result: null }, 0).strong).toBe(
      'Paused',
    );
  });
});
