import { describe, expect, it } from 'vitest';
import { formatsFor } from './format.ts';

const { duration, megapixels, bytes, plural, percent, number } = formatsFor('en');

describe('duration', () => {
  it.each([
    [0, '1 s'],
    [9.4, '9 s'],
    [59.6, '1 min'],
    [80, '1 min 20 s'],
    [119, '2 min'],
    [598, '10 min'],
    [1500, '25 min'],
    [3599, '1 h'],
    [7500, '2 h 5 min'],
  ])('%d s is %s', (seconds, words) => expect(duration(seconds)).toBe(words));
});

describe('sizes', () => {
  it('are short and exact enough', () => {
    expect(megapixels({ width: 1720, height: 1720 })).toBe('3.0 MP');
    expect(megapixels({ width: 100, height: 80 })).toBe('0.01 MP');
    expect(megapixels({ width: 20_000, height: 12_345 })).toBe('247 MP');
    expect(bytes(0)).toBe('0 B');
    expect(bytes(2_440_000)).toBe('2.4 MB');
    expect(bytes(17_000_000)).toBe('17 MB');
  });
});

describe('plural', () => {
  it('puts the number in its form', () => {
    expect(plural(1, { one: '# tile', other: '# tiles' })).toBe('1 tile');
    expect(plural(3840, { one: '# tile', other: '# tiles' })).toBe('3840 tiles');
  });
});

describe('number and percent', () => {
  it('round', () => {
    expect(number(2.505, 2)).toBe('2.51');
    expect(percent(0.506)).toBe('51 %');
  });

  it('says estimates in one unit', () => {
    const { roughly } = formatsFor('en');
    expect([0.2, 38, 89, 91, 215, 720, 5399, 5401, 8000].map(roughly)).toEqual([
      '1 s',
      '38 s',
      '89 s',
      '2 min',
      '4 min',
      '12 min',
      '90 min',
      '2 h',
      '2 h',
    ]);
  });
});
