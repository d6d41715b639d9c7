import { describe, expect, it } from 'vitest';
import { countPlaywright, countVitest } from './count.mjs';

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((result) => ({ status: result })),
});

describe('countVitest', () => {
  it('adds up the tests of all files and leaves skipped ones out', () => {
    const testResults = [file('passed', 'passed', 'skipped'), file('failed', 'passed', 'failed', 'failed')];
    expect(countVitest({ testResults })).toEqual({ passed: 2, failed: 2 });
  });

  it('counts a file that could not be read as one failure', () => {
    expect(countVitest({ testResults: [file('failed')] })).toEqual({ passed: 0, failed: 1 });
  });
});

describe('countPlaywright', () => {
  it('counts a story that only passed at the second try as failed', () => {
    const stats = { expected: 5, unexpected: 1, flaky: 1 };
    expect(countPlaywright({ stats })).toEqual({ passed: 5, failed: 2 });
  });

  it('counts errors outside of stories', () => {
    expect(countPlaywright({ stats: { expected: 0, unexpected: 0, flaky: 0 }, errors: [{}] })).toEqual({
      passed: 0,
      failed: 1,
    });
  });
});
