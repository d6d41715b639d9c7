import { describe, expect, it } from 'vitest';
import { leaving } from './shelf-budget.ts';

const shelved = [
  { id: 'new', bytes: 100, used: 3 },
  { id: 'old', bytes: 100, used: 1 },
  { id: 'mid', bytes: 100, used: 2 },
];

describe('leaving', () => {
  it('leaves everything within the budget', () => {
    expect(leaving(shelved, 300, new Set())).toEqual([]);
  });
  it('takes the oldest first, and no more than needed', () => {
    expect(leaving(shelved, 250, new Set())).toEqual(['old']);
    expect(leaving(shelved, 100, new Set())).toEqual(['old', 'mid']);
  });
  it('never takes what is in use', () => {
    expect(leaving(shelved, 0, new Set(['old', 'new']))).toEqual(['mid']);
  });
});
