import { afterEach, expect, test, vi } from 'vitest';
import { Presence } from './presence.ts';

afterEach(() => vi.unstubAllGlobals());

/** A browser that answers a request for a lock only when told to. */
function screen() {
  const answers: (() => void)[] = [];
  let held = 0;
  const request = () =>
    new Promise((resolve) => {
      answers.push(() => {
        held++;
        const lock = {
          released: false,
          release: () => Promise.resolve(void (held -= lock.released ? 0 : 1)),
        };
        resolve(lock);
      });
    });
  vi.stubGlobal('navigator', { wakeLock: { request } });
  vi.stubGlobal('document', { hidden: false });
  return {
    get held() {
      return held;
    },
    async answer(): Promise<void> {
      for (const answer of answers.splice(0)) answer();
      await new Promise((resolve) => setTimeout(resolve));
    },
  };
}

test('work that rests and starts again before the browser answers holds one lock, and lets it go', async () => {
  const device = screen();
  const presence = new Presence();
  presence.work();
  presence.rest();
  presence.work();
  await device.answer();
  expect(device.held).toBe(1);
  presence.rest();
  await device.answer();
  expect(device.held).toBe(0);
});

test('a lock that comes when the work is over is let go', async () => {
  const device = screen();
  const presence = new Presence();
  presence.work();
  presence.rest();
  await device.answer();
  expect(device.held).toBe(0);
});
