import { describe, expect, it } from 'vitest';
import { TransferRate } from './transfer-rate.ts';

function fed(...events: readonly (readonly [number, number])[]): TransferRate {
  const rate = new TransferRate();
  for (const [time, bytes] of events) rate.add(time, bytes);
  return rate;
}

describe('TransferRate', () => {
  it('says nothing until a second has passed', () => {
    expect(fed([0, 0], [500, 1e6]).bytesPerSecond).toBeNull();
    expect(fed([0, 0], [500, 1e6]).secondsLeft(5)).toBeNull();
    expect(fed([0, 0], [500, 1e6], [1000, 2e6]).bytesPerSecond).toBeCloseTo(2e6);
  });

  it('counts what comes, not what was there before', () => {
    expect(fed([0, 9e6], [1000, 10e6]).bytesPerSecond).toBeCloseTo(1e6);
  });

  it('is smooth: one slow second does not halve it', () => {
    const events = Array.from({ length: 21 }, (_, i) => [i * 500, i * 1e6] as const);
    const slow = fed(...events, [11_000, 20e6]).bytesPerSecond ?? 0;
    expect(slow).toBeGreaterThan(1.5e6);
    expect(slow).toBeLessThan(1.9e6);
  });

  it('tells the time left, and begins anew with the download', () => {
    const rate = fed([0, 0], [1000, 1e6]);
    expect(rate.secondsLeft(5e6)).toBeCloseTo(5);
    rate.add(2000, 0);
    expect(rate.bytesPerSecond).toBeNull();
  });

  it('does not promise a time when nothing comes', () => {
    expect(fed([0, 5], [1000, 5], [2000, 5]).secondsLeft(100)).toBeNull();
  });
});
