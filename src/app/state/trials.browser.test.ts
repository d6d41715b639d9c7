import { describe, expect, it } from 'vitest';
import { fail, ok } from '../../base/result.ts';
import type { ModelCard } from '../../models/card.ts';
import type { Rect } from '../../picture/geometry.ts';
import type { JobOutcome, JobRequest } from '../../protocol/engine.ts';
import type { App } from './app.svelte.ts';
import { Picture } from './picture.svelte.ts';
import { Trials, type TrialState } from './trials.svelte.ts';

const picture = new Picture('picture-1', new Blob([]), 'photo.png');
picture.size = { width: 300, height: 100 };
const cards = ['one', 'two', 'three'].map((id) => ({ id, name: id, scale: 2 }) as ModelCard);

/** An engine that writes down what it is asked, and runs jobs when told to. */
function stage(): {
  readonly app: App;
  readonly trials: Trials;
  readonly calls: string[];
  readonly jobs: { running: boolean };
  readonly finish: (outcome: 'done' | 'failed') => Promise<void>;
} {
  const calls: string[] = [];
  const jobs = { running: false };
  let settle: (outcome: JobOutcome) => void = () => undefined;
  let job: JobRequest | null = null;
  const bitmap = (): ImageBitmap => ({ close: () => calls.push('close') }) as unknown as ImageBitmap;
  const engine = {
    crop: async (id: string, { x, y, width, height }: Rect, part: string) => {
      calls.push(`crop ${id} ${x} ${y} ${width} ${height}`);
      expect(part).toMatch(/^trial-/);
      return ok(null);
    },
    view: async () => ok(bitmap()),
    run: (request: JobRequest) => {
      calls.push(`run ${request.models.map(({ card }) => card.id).join()}`);
      job = request;
      return new Promise<JobOutcome>((resolve) => (settle = resolve));
    },
    cancel: async () => {
      calls.push('cancel');
      settle({ kind: 'stopped', error: { code: 'cancelled', message: 'Cancelled.' }, checkpoint: null });
    },
    drop: async (id: string) => {
      calls.push(`drop ${id.replace(/^trial-\d+/, 'part')}`);
    },
  };
  const app = {
    trying: false,
    jobs,
    services: Promise.resolve({ engine }),
    shelf: { source: async () => ok(picture.size) },
    library: {
      cards,
      open: async (id: string) => {
        const card = cards.find((one) => one.id === id);
        return card ? ok({ card, bytes: new Blob([]) }) : fail('model-unknown', id);
      },
    },
  } as unknown as App;
  const finish = async (outcome: 'done' | 'failed'): Promise<void> => {
    const resultId = job?.resultId ?? '';
    settle(
      outcome === 'done'
        ? ({ kind: 'done', resultId, width: 256, height: 200, seconds: { load: 0, run: 1.5 } } as JobOutcome)
        : { kind: 'stopped', error: { code: 'out-of-memory', message: 'No memory.' }, checkpoint: null },
    );
    await Promise.resolve();
  };
  return { app, trials: new Trials(app), calls, jobs, finish };
}

function states(trials: Trials): TrialState['kind'][] {
  return trials.list.map(({ state }) => state.kind);
}

describe('the part', () => {
  it('stays inside the picture, and is no larger', async () => {
    const { trials } = stage();
    await trials.open(picture);
    expect(trials.rect).toEqual({ x: 0, y: 0, width: 128, height: 100 });
    trials.move({ x: 900, y: -5 });
    expect(trials.rect).toEqual({ x: 172, y: 0, width: 128, height: 100 });
    trials.resize(64);
    expect(trials.rect).toMatchObject({ width: 64, height: 64 });
  });
});

describe('a trial', () => {
  it('runs the chosen models one after another, and leaves nothing on the shelf', async () => {
    const { app, trials, calls, finish } = stage();
    await trials.open(picture);
    trials.choose(['three', 'one']);
    const run = trials.run();
    await expect.poll(() => calls.at(-1)).toBe('run one');
    expect(app.trying).toBe(true);
    expect(states(trials)).toEqual(['running', 'waiting']);
    await finish('failed');
    await expect.poll(() => calls.at(-1)).toBe('run three');
    await finish('done');
    await run;
    expect(states(trials)).toEqual(['failed', 'done']);
    expect(calls).toEqual([
      'crop picture-1 0 0 128 100',
      'run one',
      'drop part-one',
      'run three',
      'drop part-three',
      'drop part',
    ]);
    expect(app.trying).toBe(false);
    expect(trials.moved).toBe(false);
    trials.move({ x: 5, y: 0 });
    expect(trials.moved).toBe(true);
    // The part before, and what one model made of it.
    trials.close();
    expect(calls.filter((call) => call === 'close')).toHaveLength(2);
  });

  it('is stopped with what waits', async () => {
    const { trials, calls } = stage();
    await trials.open(picture);
    trials.choose(['one', 'two']);
    const run = trials.run();
    await expect.poll(() => calls.at(-1)).toBe('run one');
    await trials.stop();
    await run;
    expect(states(trials)).toEqual(['failed', 'failed']);
    expect(calls).not.toContain('run two');
  });

  it('does not begin while a picture is enlarged', async () => {
    const { trials, calls, jobs } = stage();
    await trials.open(picture);
    trials.choose(['one']);
    jobs.running = true;
    await trials.run();
    expect(calls).toEqual([]);
  });
});
