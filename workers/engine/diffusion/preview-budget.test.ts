import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PreviewBudget } from './preview-budget.ts';

/** A budget, and work that takes so long. */
function bench() {
  let time = 0;
  const takes = (milliseconds: number) => () => {
    time += milliseconds;
    return Promise.resolve(milliseconds);
  };
  return { budget: new PreviewBudget(() => time), takes };
}

describe('the time for previews', () => {
  it('comes from predictions, and only when the next one fits in', async () => {
    const { budget, takes } = bench();
    expect(budget.allows).toBe(false);
    await budget.predicting(takes(100));
    // What the first takes is not known before it.
    expect(budget.allows).toBe(true);
    expect(await budget.previewing(takes(8))).toBe(8);
    expect(budget.allows).toBe(false);
    await budget.predicting(takes(59));
    expect(budget.allows).toBe(false);
    await budget.predicting(takes(1));
    expect(budget.allows).toBe(true);
  });

  it('is at most a tenth of that of predictions, whatever each takes, but for the first', async () => {
    const milliseconds = fc.integer({ min: 1, max: 1000 });
    await fc.assert(
      fc.asyncProperty(
        milliseconds,
        milliseconds,
        fc.integer({ min: 1, max: 200 }),
        async (call, preview, calls) => {
          const { budget, takes } = bench();
          let previews = 0;
          for (let i = 0; i < calls; i++) {
            await budget.predicting(takes(call));
            if (!budget.allows) continue;
            await budget.previewing(takes(preview));
            previews++;
          }
          expect(previews).toBeGreaterThan(0);
          expect(previews === 1 || previews * preview <= 0.1 * calls * call + 1e-9).toBe(true);
        },
      ),
    );
  });
});
