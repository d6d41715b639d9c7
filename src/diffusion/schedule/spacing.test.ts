import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scaledLinearSchedule, sigmaAt } from './noise-schedule.ts';
import { fullLevels, lcmLevels, levelsFrom, type Grid, type Level } from './spacing.ts';

const schedule = scaledLinearSchedule();
const grids: readonly Grid[] = ['linear', 'karras', 'trailing', 'leading', 'lcm'];
const timesteps = (levels: readonly Level[]) => levels.map(({ timestep }) => timestep);

function numbers(text: string): number[] {
  return text.split(' ').map(Number);
}

describe('known runs of twenty steps', () => {
  it.each<[Grid, string]>([
    [
      'linear',
      '14.6146 10.7468 8.0815 6.2049 4.8557 3.8654 3.1238 2.5572 2.1157 1.7648 1.4806 1.2458 1.0481 .8784 .7297 .5964 .4736 .3555 .2322 .0292',
    ],
    [
      'karras',
      '14.6146 11.7254 9.3402 7.3836 5.7894 4.4998 3.4647 2.6408 1.9909 1.4832 1.0908 .7909 .5647 .3964 .2730 .1842 .1213 .0779 .0485 .0292',
    ],
  ])('%s', (grid, expected) => {
    const levels = fullLevels(schedule, grid, 20);
    expect(levels).toHaveLength(20);
    numbers(expected).forEach((sigma, i) => expect(levels[i]?.sigma).toBeCloseTo(sigma, 4));
  });

  it('leading', () => {
    expect(timesteps(fullLevels(schedule, 'leading', 20))).toEqual(
      Array.from({ length: 20 }, (_, i) => 951 - 50 * i),
    );
  });
});

it('trails by one stride', () => {
  expect(timesteps(fullLevels(schedule, 'trailing', 4))).toEqual([999, 749, 499, 249]);
  expect(timesteps(fullLevels(schedule, 'trailing', 1))).toEqual([999]);
  // Halves go to the even neighbour: 937.5, 875, 812.5, ...
  expect(timesteps(fullLevels(schedule, 'trailing', 16)).slice(0, 4)).toEqual([999, 937, 874, 811]);
});

it('takes the timesteps that latent consistency models know', () => {
  expect(timesteps(lcmLevels(schedule, 50, 4))).toEqual([999, 759, 499, 259]);
  expect(timesteps(lcmLevels(schedule, 15, 4))).toEqual([299, 239, 159, 79]);
  expect(timesteps(lcmLevels(schedule, 2, 4))).toEqual([39, 19]);
  expect(timesteps(lcmLevels(schedule, 0, 4))).toEqual([19]);
});

it('tells the network the timestep of each level', () => {
  for (const grid of grids) {
    for (const { sigma, timestep } of fullLevels(schedule, grid, 7)) {
      expect(sigmaAt(schedule, timestep) / sigma).toBeCloseTo(1, 9);
    }
  }
});

it.each<Grid>(['linear', 'karras', 'trailing'])(
  'from a level of a run on is the tail of that run: %s',
  (grid) => {
    const whole = fullLevels(schedule, grid, 20);
    for (let i = 0; i < 20; i++) {
      const tail = levelsFrom(schedule, grid, whole[i]?.sigma ?? NaN, 20 - i);
      expect(tail).toHaveLength(20 - i);
      tail.forEach(({ sigma }, j) => expect(sigma / (whole[i + j]?.sigma ?? NaN)).toBeCloseTo(1, 9));
    }
  },
);

it('falls from about where it should, in no more levels than asked for', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...grids),
      fc.double({ min: 0.0292, max: 14.6, noNaN: true }),
      fc.integer({ min: 1, max: 150 }),
      (grid, from, count) => {
        const levels = levelsFrom(schedule, grid, from, count);
        expect(levels.length).toBeGreaterThan(0);
        expect(levels.length).toBeLessThanOrEqual(count);
        levels.forEach(({ sigma }, i) => i > 0 && expect(sigma).toBeLessThan(levels[i - 1]?.sigma ?? NaN));
        // Within half a stride of the grid.
        const top = levels[0] as Level;
        const asked = levelsFrom(schedule, 'karras', from, 1)[0] as Level;
        const slack = { linear: 1e-6, karras: 1e-6, trailing: 0.5, leading: 1, lcm: 19 }[grid];
        expect(Math.abs(top.timestep - asked.timestep)).toBeLessThanOrEqual(slack);
      },
    ),
  );
});
