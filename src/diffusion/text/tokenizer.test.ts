import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergesPath, tokenizerOf } from './testing.ts';
import { createTokenizer, endToken, startToken } from './tokenizer.ts';

const tokenizer = tokenizerOf(readFileSync(mergesPath, 'utf8'));

describe('the tokenizer', () => {
  it('gives the published numbers', () => {
    expect(tokenizer.encode('a photo of a cat').ids).toEqual([320, 1125, 539, 320, 2368]);
    expect(tokenizer.encode('A PHOTO, of\n a  cat').ids).toEqual([320, 1125, 267, 539, 320, 2368]);
    expect(tokenizer.encode('').ids).toEqual([]);
  });

  it('takes digits one by one, and special tokens as they are', () => {
    expect(tokenizer.encode('8192').ids).toHaveLength(4);
    expect(tokenizer.encode('a<|startoftext|><|EndOfText|>b').ids).toEqual([320, startToken, endToken, 321]);
  });

  it('tells where every token starts', () => {
    const text = ' A  photoréalistic 😀';
    const { ids, starts } = tokenizer.encode(text);
    expect(starts).toHaveLength(ids.length);
    expect(starts.slice(0, 2)).toEqual([1, 4]);
    expect(starts.at(-1)).toBe(text.indexOf('😀'));
  });

  it('gives every text tokens of the vocabulary, in order', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        const { ids, starts } = tokenizer.encode(text);
        let before = 0;
        ids.forEach((id, index) => {
          expect(id >= 0 && id <= endToken && Number.isInteger(id)).toBe(true);
          const start = starts[index] ?? -1;
          expect(start >= before && start < text.length).toBe(true);
          before = start;
        });
      }),
    );
  });

  it('makes the same tokens of a text and of its words, joined by spaces', () => {
    const word = fc.stringMatching(/^[a-z]{1,8}$/);
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (words) => {
        expect(tokenizer.encode(words.join('  ')).ids).toEqual(
          words.flatMap((one) => tokenizer.encode(one).ids),
        );
      }),
    );
  });

  it('refuses another file', () => {
    const merges = readFileSync(mergesPath, 'utf8');
    const lines = merges.split('\n');
    const others = [
      '',
      'a b',
      lines.slice(0, -2).join('\n'),
      lines.with(5, 'x').join('\n'),
      lines.with(5, 'i n x').join('\n'),
    ];
    for (const other of others) {
      expect(createTokenizer(other)).toMatchObject({ ok: false, error: { code: 'model-damaged' } });
    }
    expect(createTokenizer(lines.slice(1).join('\r\n')).ok).toBe(true);
  });
});
