import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breakAsWord, readEmphasis } from './emphasis-syntax.ts';
import { sourced } from './sourced-text.ts';

function read(prompt: string): (readonly [string, number] | 'break')[] {
  return readEmphasis(sourced(prompt)).map((piece) =>
    piece.kind === 'break' ? 'break' : [piece.text.text, piece.weight],
  );
}

describe('readEmphasis', () => {
  it.each([
    ['', [['', 1]]],
    ['a cat', [['a cat', 1]]],
    [
      'a (cat)',
      [
        ['a ', 1],
        ['cat', 1.1],
      ],
    ],
    [
      'a [cat] b',
      [
        ['a ', 1],
        ['cat', 1 / 1.1],
        [' b', 1],
      ],
    ],
    ['(cat:1.3)(dog: 1.3 )', [['catdog', 1.3]]],
    [
      '((a) b)',
      [
        ['a', 1.1 * 1.1],
        [' b', 1.1],
      ],
    ],
    [
      '(a:-.5)(b:+2.)',
      [
        ['a', -0.5],
        ['b', 2],
      ],
    ],
    [String.raw`\(a\) \[b\] \\ c\d`, [[String.raw`(a) [b] \ cd`, 1]]],
    ['a) b] c:1.2) d:3', [['a) b] c:1.2) d:3', 1]]],
    [
      '(a [b',
      [
        ['a ', 1.1],
        ['b', 1.1 / 1.1],
      ],
    ],
    ['(a:1.2.3)', [['a:1.2.3', 1.1]]],
    ['(a: b:2)', [['a: b', 2]]],
    ['a BREAK b', [['a', 1], 'break', ['b', 1]]],
    ['BREAK BREAK', [['', 1], 'break', ['', 1], 'break', ['', 1]]],
    ['BREAKfast ÉBREAK break', [['BREAKfast ÉBREAK break', 1]]],
    [
      '(a BREAK b)',
      [
        ['a', 1.1],
        ['BREAK', -1.1],
        ['b', 1.1],
      ],
    ],
    ['(a BREAK b:1)', [['a', 1], 'break', ['b', 1]]],
  ])('reads %j', (prompt, expected) => {
    expect(read(prompt)).toEqual(expected);
  });

  // The example of AUTOMATIC1111's own documentation, to the last bit: neighbours merge where weights are equal.
  it('multiplies in the same order as AUTOMATIC1111', () => {
    expect(read('a (((house:1.3)) [on] a (hill:0.5), sun, (((sky))).')).toEqual([
      ['a ', 1],
      ['house', 1.5730000000000004],
      [' ', 1.1],
      ['on', 1],
      [' a ', 1.1],
      ['hill', 0.55],
      [', sun, ', 1.1],
      ['sky', 1.4641000000000006],
      ['.', 1.1],
    ]);
  });

  it('finds a BREAK that is none', () => {
    expect(breakAsWord(readEmphasis(sourced('(a BREAK b)')))).toBe(true);
    expect(breakAsWord(readEmphasis(sourced('a BREAK (b:-1)')))).toBe(false);
  });

  it('knows where each letter stood', () => {
    const [first, second] = readEmphasis(sourced(String.raw`\((ab)`));
    expect(first).toMatchObject({ text: { text: '(', origins: [1] } });
    expect(second).toMatchObject({ text: { text: 'ab', origins: [3, 4] } });
  });

  const syntax = fc
    .array(
      fc.constantFrom(
        '(',
        ')',
        '[',
        ']',
        '\\',
        ':',
        ':1.5)',
        ' BREAK ',
        '|',
        'cat',
        ' é',
        '9',
        ':9e9',
        ':99999999)',
      ),
      {
        maxLength: 40,
      },
    )
    .map((parts) => parts.join(''));

  it('keeps every letter, in order, with finite weights, whatever the text', () => {
    fc.assert(
      fc.property(fc.oneof(syntax, fc.string({ unit: 'binary', maxLength: 60 })), (prompt) => {
        const pieces = readEmphasis(sourced(prompt));
        expect(pieces.length).toBeGreaterThan(0);
        let before = -1;
        for (const piece of pieces) {
          if (piece.kind === 'break') continue;
          expect(Number.isFinite(piece.weight)).toBe(true);
          expect(piece.text.origins).toHaveLength(piece.text.text.length);
          [...piece.text.origins.entries()].forEach(([index, origin]) => {
            expect(prompt[origin]).toBe(piece.text.text[index]);
            expect(origin).toBeGreaterThan(before);
            before = origin;
          });
        }
        const letters = (text: string): string => text.replaceAll(/[\s()[\]\\:\d.+-]|BREAK/g, '');
        const all = pieces.map((piece) => (piece.kind === 'text' ? piece.text.text : '')).join('');
        expect(letters(all)).toBe(letters(prompt));
      }),
    );
  });

  it('stays finite under hundreds of brackets', () => {
    for (const prompt of [
      '('.repeat(9000) + 'a',
      `${'('.repeat(500)}a${':1000)'.repeat(500)}`,
      '['.repeat(9000) + 'a',
    ]) {
      expect(read(prompt).every((piece) => piece === 'break' || Number.isFinite(piece[1]))).toBe(true);
    }
  });
});
