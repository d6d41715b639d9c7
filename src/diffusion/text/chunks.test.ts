import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChunkOptions, emptyRow, fillRows, type Row } from './chunks.ts';
import { readEmphasis } from './emphasis-syntax.ts';
import { sourced } from './sourced-text.ts';
import { mergesPath, tokenizerOf } from './testing.ts';
import { endToken, startToken } from './tokenizer.ts';

const tokenizer = tokenizerOf(readFileSync(mergesPath, 'utf8'));
const cat = 2368;
const comma = 267;

function rows(prompt: string, options: Partial<ChunkOptions> = {}): readonly Row[] {
  return fillRows(readEmphasis(sourced(prompt)), tokenizer, { padding: endToken, ...options });
}

const own = (row: Row): readonly number[] => row.ids.slice(1, 1 + row.origins.length);
const lengths = (all: readonly Row[]): number[] => all.map((row) => row.origins.length);

describe('fillRows', () => {
  it('puts a start and an end around a text and fills the row', () => {
    const [row] = rows('cat (cat:1.5)');
    expect(row?.ids).toEqual([startToken, cat, cat, ...Array<number>(74).fill(endToken)]);
    expect(row?.weights).toEqual([1, 1, 1.5, ...Array<number>(74).fill(1)]);
    expect(row?.origins).toEqual([0, 5]);
    const [zeros] = rows('cat', { padding: 0 });
    expect(zeros?.ids).toEqual([startToken, cat, endToken, ...Array<number>(74).fill(0)]);
  });

  it('makes one row of nothing', () => {
    expect(rows('')).toEqual([emptyRow(endToken)]);
  });

  it('ends a chunk at 75 tokens, and at a break', () => {
    expect(lengths(rows('cat '.repeat(75)))).toEqual([75]);
    expect(lengths(rows('cat '.repeat(76)))).toEqual([75, 1]);
    expect(lengths(rows('cat BREAK cat cat BREAK'))).toEqual([1, 2]);
    expect(lengths(rows('BREAK BREAK cat'))).toEqual([0, 0, 1]);
  });

  it('goes back to a comma that is near enough', () => {
    const prompt = (before: number, after: number): string =>
      `${'cat '.repeat(before)}, ${'cat '.repeat(after)}`;
    expect(lengths(rows(prompt(54, 30)))).toEqual([75, 10]);
    expect(lengths(rows(prompt(55, 30)))).toEqual([56, 30]);
    expect(lengths(rows(prompt(74, 30)))).toEqual([75, 30]);
    expect(lengths(rows(prompt(70, 30), { commaBacktrack: 0 }))).toEqual([75, 26]);
    // A comma itself goes to the next chunk when the first is full.
    const [, second] = rows(prompt(75, 3));
    expect(second && own(second)).toEqual([comma, cat, cat, cat]);
  });

  describe('with embeddings', () => {
    const embeddings = [
      { name: 'Easy', vectors: 2 },
      { name: 'easynegative', vectors: 8 },
    ];

    it('puts placeholders in the place of a name, the longest name first', () => {
      const [row] = rows('cat EasyNegative, (easy:1.2)', { embeddings });
      expect(row?.placements).toEqual([
        { name: 'easynegative', at: 2, vectors: 8 },
        { name: 'Easy', at: 11, vectors: 2 },
      ]);
      expect(row && own(row)).toEqual([cat, ...Array<number>(8).fill(0), comma, 0, 0]);
      expect(row?.weights.slice(9, 14)).toEqual([1, 1, 1.2, 1.2, 1]);
      expect(row?.origins.slice(9)).toEqual([16, 19, 19]);
    });

    it('never cuts one in two', () => {
      const all = rows(`${'cat '.repeat(70)}easynegative`, { embeddings });
      expect(lengths(all)).toEqual([70, 8]);
      expect(all[1]?.placements).toEqual([{ name: 'easynegative', at: 1, vectors: 8 }]);
    });

    it('takes one along that is carried over with what follows a comma', () => {
      const all = rows(`${'cat '.repeat(60)}, easynegative ${'cat '.repeat(9)}`, { embeddings });
      expect(lengths(all)).toEqual([61, 17]);
      expect(all.map(({ placements }) => placements.length)).toEqual([0, 1]);
    });
  });

  it('keeps all tokens in order in rows of 77, whatever the prompt', () => {
    const word = fc.constantFrom(
      'cat',
      ', ',
      ' BREAK ',
      'easy',
      '(',
      ')',
      '[',
      ':1.3)',
      ' dog ',
      '漢字',
      '😀',
    );
    const prompts = fc.array(word, { maxLength: 250 }).map((words) => words.join(' '));
    fc.assert(
      fc.property(
        prompts,
        fc.integer({ min: 0, max: 75 }),
        fc.constantFrom(0, endToken),
        (prompt, commaBacktrack, padding) => {
          const pieces = readEmphasis(sourced(prompt));
          const all = fillRows(pieces, tokenizer, { padding, commaBacktrack });
          const expected = pieces.flatMap((piece) =>
            piece.kind === 'text'
              ? tokenizer.encode(piece.text.text).ids.map((id) => [id, piece.weight])
              : [],
          );
          expect(all.flatMap((row) => own(row).map((id, index) => [id, row.weights[index + 1]]))).toEqual(
            expected,
          );
          for (const row of all) {
            expect([row.ids.length, row.weights.length]).toEqual([77, 77]);
            expect(row.ids[1 + row.origins.length]).toBe(endToken);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
