import { expose } from 'comlink';
import { describe, expect, it } from 'vitest';
import { failure, ok } from '../base/result.ts';
import type { BackendReport } from '../protocol/backend.ts';
import type {
  EngineApi,
  JobEvent,
  JobOutcome,
  JobRequest,
  ModelSource,
  ShelvedPicture,
} from '../protocol/engine.ts';
import { EngineClient } from './engine.ts';

const lost = failure('gpu-lost', 'The GPU was lost.');
const report: BackendReport = {
  backend: 'wasm',
  precision: 'fp32',
  build: 'wasm',
  threads: 1,
  wasmUrl: '',
  reason: 'chosen',
  adapter: null,
};
const job: JobRequest = {
  jobId: 'job',
  pictureId: 'picture',
  resultId: 'result',
  recipe: { version: 1, steps: [] },
  models: [],
  previewPixels: 0,
};
const done: JobOutcome = {
  kind: 'done',
  resultId: 'result',
  width: 1,
  height: 1,
  opaque: true,
  tiles: 1,
  seconds: { load: 0, run: 0 },
  backend: report,
  device: report,
  measured: [],
};
const stopped: JobOutcome = { kind: 'stopped', error: lost, checkpoint: null };

/** Engines without a network: each says what it was told, and runs end when the test says so. */
class Engines {
  readonly heard: string[] = [];
  readonly client: EngineClient;
  count = 0;
  /** Ends the run in flight. */
  finish: (outcome: JobOutcome) => void = () => undefined;
  /** Ends the preparation in flight. */
  prepared: (result: Awaited<ReturnType<EngineApi['prepare']>>) => void = () => undefined;
  /** What `surrender` waits for. */
  holding: Promise<unknown> = Promise.resolve();
  readonly shelf: ShelvedPicture[] = [];

  constructor() {
    this.client = new EngineClient({
      codec: { connect: () => Promise.resolve() },
      spawn: () => this.#spawn(),
    });
  }

  async heardOf(...words: string[]): Promise<void> {
    await expect.poll(() => this.heard.slice(-words.length)).toEqual(words);
  }

  #spawn(): Worker {
    const number = ++this.count;
    const say = async (words: string): Promise<void> => {
      this.heard.push(`${number} ${words}`);
    };
    const api: EngineApi = {
      start: async ({ choice }) => {
        await say(`start ${choice}`);
        return ok(report);
      },
      prepare: async () => {
        await say('prepare');
        return new Promise((resolve) => (this.prepared = resolve));
      },
      measure: () => Promise.resolve({ ok: false, error: lost }),
      probe: () => Promise.resolve({ ok: false, error: lost }),
      drift: () => Promise.resolve({ ok: false, error: lost }),
      run: async () => {
        await say('run');
        return new Promise((resolve) => (this.finish = resolve));
      },
      pause: () => say('pause'),
      resume: () => say('resume'),
      cancel: () => say('cancel'),
      view: () => Promise.resolve({ ok: false, error: lost }),
      crop: () => Promise.resolve({ ok: false, error: lost }),
      compare: () => Promise.resolve({ ok: false, error: lost }),
      drop: (id) => say(`drop ${id}`),
      surrender: async () => {
        await say('surrender');
        await this.holding;
        return this.shelf;
      },
      adopt: () => Promise.resolve(),
      attach: () => Promise.resolve(),
      loseGpu: () => Promise.resolve(),
    };
    const { port1, port2 } = new MessageChannel();
    expose(api, port2);
    return Object.assign(port1, { terminate: () => port2.close(), onerror: null }) as unknown as Worker;
  }
}

const model = {} as ModelSource;

describe('EngineClient', () => {
  it('replaces an engine once, however many calls saw it fail', async () => {
    const engines = new Engines();
    await engines.client.start({ choice: 'webgpu' });
    const preparing = engines.client.prepare(model);
    await engines.heardOf('1 prepare');
    const running = engines.client.run(job, () => undefined);
    await engines.heardOf('1 run');
    engines.finish(stopped);
    engines.prepared({ ok: false, error: lost });
    await expect.poll(() => engines.heard.filter((words) => words.startsWith('2')).length).toBe(3);
    engines.prepared({ ok: false, error: failure('internal', 'x') });
    engines.finish(done);
    expect((await running).kind).toBe('done');
    expect(await preparing).toMatchObject({ ok: false, error: { code: 'internal' } });
    expect(engines.count).toBe(2);
    engines.client.end();
  });

  it.each([
    ['cancelled', (client: EngineClient) => client.cancel('job')],
    ['paused', (client: EngineClient) => client.pause('job')],
  ])('hears that a job is to be %s while its engine is being replaced', async (wish, tell) => {
    const engines = new Engines();
    await engines.client.start({ choice: 'webgpu' });
    const running = engines.client.run(job, () => undefined);
    await engines.heardOf('1 run');
    let release = (): void => undefined;
    engines.holding = new Promise<void>((resolve) => (release = resolve));
    engines.finish(stopped);
    await engines.heardOf('1 surrender');
    const told = tell(engines.client);
    const dropped = engines.client.drop('other');
    release();
    await told;
    await dropped;
    expect(engines.heard).toContain('2 drop other');
    if (wish === 'cancelled') {
      expect(await running).toMatchObject({ kind: 'stopped', error: { code: 'cancelled' } });
      expect(engines.heard).not.toContain('2 run');
    } else {
      await expect.poll(() => engines.heard.indexOf('2 run')).toBeGreaterThan(0);
      expect(engines.heard.lastIndexOf('2 pause')).toBeGreaterThan(engines.heard.indexOf('2 run'));
      engines.finish(done);
      await running;
    }
    engines.client.end();
  });

  it("takes a job's backend for the job's alone", async () => {
    const engines = new Engines();
    const said: BackendReport[] = [];
    engines.client.onBackend = (backend) => said.push(backend);
    await engines.client.start({ choice: 'webgpu' });
    const running = engines.client.run(job, () => undefined);
    await engines.heardOf('1 run');
    const backend: BackendReport = { ...report, reason: 'gpu-untrusted' };
    engines.finish({ ...done, backend });
    expect(await running).toMatchObject({ backend });
    expect(said).toEqual([report, report]);
    engines.client.end();
  });

  it('tells memory that ran out as news of a job that goes on', async () => {
    const engines = new Engines();
    const heard: JobEvent[] = [];
    await engines.client.start({ choice: 'wasm' });
    const running = engines.client.run(job, (event) => heard.push(event));
    await engines.heardOf('1 run');
    const error = failure('out-of-memory', 'Too little memory.', { fatal: true });
    engines.finish({ kind: 'stopped', error, checkpoint: null });
    await engines.heardOf('2 start wasm', '2 run');
    engines.finish(done);
    expect((await running).kind).toBe('done');
    expect(heard).toMatchObject([
      { kind: 'notice', notice: { code: 'out-of-memory', detail: { goesOn: true } } },
    ]);
    engines.client.end();
  });

  it('lets a job end before the backend changes, and the next one begin after it', async () => {
    const engines = new Engines();
    await engines.client.start({ choice: 'auto' });
    const first = engines.client.run(job, () => undefined);
    await engines.heardOf('1 run');
    const changing = engines.client.start({ choice: 'wasm' });
    const second = engines.client.run({ ...job, jobId: 'next' }, () => undefined);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(engines.heard).toEqual(['1 start auto', '1 run']);
    engines.finish(done);
    expect((await first).kind).toBe('done');
    await changing;
    await engines.heardOf('1 surrender', '2 start wasm', '2 run');
    engines.finish(done);
    expect((await second).kind).toBe('done');
    engines.client.end();
  });
});
