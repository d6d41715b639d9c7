import { describe, expect, it } from 'vitest';
import { JobControl } from './control.ts';

describe('JobControl', () => {
  it('waits while paused and goes on when resumed', async () => {
    const control = new JobControl();
    const states: boolean[] = [];
    control.pause();
    const turn = control.turn((paused) => states.push(paused));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(states).toEqual([true]);
    control.resume();
    await turn;
    expect(states).toEqual([true, false]);
  });

  it('is cancelled out of a pause', async () => {
    const control = new JobControl();
    control.pause();
    const turn = control.turn(() => undefined);
    control.cancel();
    await turn;
    expect(control.cancelled).toBe(true);
  });
});
