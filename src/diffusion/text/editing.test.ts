import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editingFails, editionAt, editions } from './editing.ts';
import { sourced } from './sourced-text.ts';

function edited(prompt: string, steps = 10): readonly (readonly [number, string])[] {
  return editions(sourced(prompt), steps).map(({ until, text }) => [until, text.text]);
}

describe('editions', () => {
  it.each([
    ['test', [[10, 'test']]],
    ['', [[10, '']]],
    [
      'a [b:3]',
      [
        [3, 'a '],
        [10, 'a b'],
      ],
    ],
    [
      'a [b: 3 ]',
      [
        [3, 'a '],
        [10, 'a b'],
      ],
    ],
    [
      'a [b::3]',
      [
        [3, 'a b'],
        [10, 'a '],
      ],
    ],
    [
      'a [b : c : 1] d',
      [
        [1, 'a b  d'],
        [10, 'a  c  d'],
      ],
    ],
    [
      'a [[[b]]:2]',
      [
        [2, 'a '],
        [10, 'a [[b]]'],
      ],
    ],
    [
      '[(a:2):3]',
      [
        [3, ''],
        [10, '(a:2)'],
      ],
    ],
    [
      'a[b:[c:d:2]:1]e',
      [
        [1, 'abe'],
        [2, 'ace'],
        [10, 'ade'],
      ],
    ],
    [
      'a [b:.5] c',
      [
        [5, 'a  c'],
        [10, 'a b c'],
      ],
    ],
    [
      '[a:b:0.25]',
      [
        [2, 'a'],
        [10, 'b'],
      ],
    ],
    ['[a:b:0][c:d:-1]', [[10, 'bd']]],
    ['[a:b:99][c:d:1e9]', [[10, 'ac']]],
    ['[a:b:1.0]', [[10, 'a']]],
    [
      '[:3]x',
      [
        [3, 'x'],
        [10, 'x'],
      ],
    ],
    [
      String.raw`[a\:b:c\]:3]`,
      [
        [3, String.raw`a\:b`],
        [10, String.raw`c\]`],
      ],
    ],
    ['a [unbalanced', [[10, 'a [unbalanced']]],
    [
      '((a][:b:c [d:3]',
      [
        [3, '((a][:b:c '],
        [10, '((a][:b:c d'],
      ],
    ],
    ['[(a]:b:3]', [[10, '[(a]:b:3]']]],
    ['[a:b:c:3] [a:b] (a:b:3)', [[10, '[a:b:c:3] [a:b] (a:b:3)']]],
    ['a | [b:3]', [[10, 'a | [b:3]']]],
    ['[a|b:3]', [[10, '[a|b:3]']]],
    ['[a:3] \\', [[10, '[a:3] \\']]],
  ])('gives the texts of %j', (prompt, expected) => {
    expect(edited(prompt)).toEqual(expected);
  });

  it('alternates at every step', () => {
    expect(edited('[fe|]male', 4)).toEqual([
      [1, 'female'],
      [2, 'male'],
      [3, 'female'],
      [4, 'male'],
    ]);
    expect(edited('[a|(b:1.1)|[c:d:1]]', 3)).toEqual([
      [1, 'a'],
      [2, '(b:1.1)'],
      [3, 'd'],
    ]);
    expect(edited('[x:[a|b]:2]', 4)).toEqual([
      [1, 'x'],
      [2, 'x'],
      [3, 'a'],
      [4, 'b'],
    ]);
  });

  it('says when it is not done', () => {
    expect(editingFails('a | [b:3]')).toBe(true);
    expect(editingFails('a | b')).toBe(false);
    expect(editingFails('a [b:3]')).toBe(false);
  });

  it('keeps letters at their places, whatever the text', () => {
    const part = fc.constantFrom(
      '[',
      ']',
      '(',
      ')',
      ':',
      '|',
      '3',
      '0.5',
      'cat',
      '\\',
      ' ',
      '[a:b:2]',
      '[c|d]',
    );
    const syntax = fc.array(part, { maxLength: 30 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(
        fc.oneof(syntax, fc.string({ unit: 'binary', maxLength: 40 })),
        fc.integer({ min: 1, max: 12 }),
        (prompt, steps) => {
          const all = editions(sourced(prompt), steps);
          expect(all.at(-1)?.until).toBe(steps);
          let before = 0;
          for (const { until, text } of all) {
            expect(until).toBeGreaterThan(before);
            before = until;
            expect([...text.origins].map((origin) => prompt[origin]).join('')).toBe(text.text);
            expect([...text.origins].sort((a, b) => a - b)).toEqual(text.origins);
          }
          if (!prompt.includes('[')) expect(all.map(({ text }) => text.text)).toEqual([prompt]);
        },
      ),
    );
  });

  it('takes brackets as deep as they come', () => {
    expect(edited('['.repeat(5000) + 'a' + ':1]'.repeat(5000)).at(-1)?.[1]).toBe('a');
    expect(edited('('.repeat(9000) + '[a:b:1]' + ')'.repeat(9000))).toHaveLength(2);
    expect(edited('['.repeat(20_000))).toHaveLength(1);
  });
});

describe('editionAt', () => {
  it('counts evaluations from 0 against steps from 1', () => {
    const all = [{ until: 2 }, { until: 4 }];
    expect([0, 1, 2, 3, 4, 5].map((evaluation) => editionAt(all, evaluation)?.until)).toEqual([
      2, 2, 2, 4, 4, 4,
    ]);
    expect(editionAt([], 0)).toBeNull();
  });
});
