import { describe, expect, it } from 'vitest';
import { classify, OrtGate } from './ort-gate.ts';

describe('OrtGate', () => {
  it('runs one thing at a time and survives a failure', async () => {
    const gate = new OrtGate(null);
    let inside = 0;
    let most = 0;
    const work = async (): Promise<number> => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 2));
      return --inside;
    };
    const [first, broken, last] = await Promise.all([
      gate.pass(work),
      gate.pass(() => Promise.reject(new Error('a bug'))),
      gate.pass(work),
    ]);
    expect(most).toBe(1);
    expect(first).toEqual({ ok: true, value: 0 });
    expect(broken).toMatchObject({ ok: false, error: { code: 'internal' } });
    expect(last.ok).toBe(true);
  });

  it('answers a run that never returns when the GPU is lost, and every one after it', async () => {
    let lose: (reason: string) => void = () => undefined;
    const gate = new OrtGate(
      new Promise((resolve) => {
        lose = resolve;
      }),
    );
    const hanging = gate.pass(() => new Promise<never>(() => undefined));
    lose('driver reset');
    expect(await hanging).toMatchObject({ ok: false, error: { code: 'gpu-lost' } });
    expect(await gate.pass(() => Promise.resolve(1))).toMatchObject({
      ok: false,
      error: { code: 'gpu-lost', message: expect.stringContaining('driver reset') as string },
    });
  });

  it('names the loss, not the error it causes', async () => {
    let lose: (reason: string) => void = () => undefined;
    const gate = new OrtGate(
      new Promise((resolve) => {
        lose = resolve;
      }),
    );
    const failing = gate.pass(() => {
      setTimeout(() => {
        lose('unplugged');
      }, 20);
      return Promise.reject(new Error('mapAsync failed'));
    });
    expect(await failing).toMatchObject({ ok: false, error: { code: 'gpu-lost' } });
  });
});

describe('classify', () => {
  it.each([
    [new Error('std::bad_alloc'), 'out-of-memory', false],
    [new RangeError('Array buffer allocation failed'), 'out-of-memory', false],
    [5_242_880, 'out-of-memory', false],
    [new Error('Aborted(OOM)'), 'out-of-memory', true],
    [new Error('Non-zero status code returned while running Conv node'), 'internal', undefined],
  ])('%s is %s', (thrown, code, fatal) => {
    const { code: found, detail } = classify(thrown);
    expect(found).toBe(code);
    expect(detail?.['fatal']).toBe(fatal);
  });
});
