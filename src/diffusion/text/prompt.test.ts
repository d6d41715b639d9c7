import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalised, type PromptOptions, readPrompt, type ReadPrompt } from './prompt.ts';
import { mergesPath, tokenizerOf } from './testing.ts';
import { countTokens } from './token-count.ts';
import { endToken } from './tokenizer.ts';

const tokenizer = tokenizerOf(readFileSync(mergesPath, 'utf8'));
const options: PromptOptions = { steps: 8, padding: endToken };

function read(prompt: string, more: Partial<PromptOptions> = {}): ReadPrompt {
  const made = readPrompt(prompt, tokenizer, { ...options, ...more });
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}

const syntax = fc
  .array(
    fc.constantFrom(
      '(',
      ')',
      '[',
      ']',
      ':',
      '|',
      ':1.3)',
      ':3]',
      '<lora:a:2>',
      'BREAK',
      '\\',
      ',',
      'cat',
      'easy',
      '😀',
      ' ',
    ),
    { maxLength: 80 },
  )
  .map((parts) => parts.join(''));
const prompts = fc.oneof(syntax, fc.string({ unit: 'binary', maxLength: 80 }));

describe('readPrompt', () => {
  it('encodes every text once', () => {
    const { texts, phases } = read('a [cat|dog]');
    expect(texts.map((rows) => rows[0]?.ids[2])).toEqual([2368, 1929]);
    expect(phases.map(({ until, text }) => [until, text])).toEqual([
      [1, 0],
      [2, 1],
      [3, 0],
      [4, 1],
      [5, 0],
      [6, 1],
      [7, 0],
      [8, 1],
    ]);
  });

  it('gives back what tags ask for, and takes them as text in a negative prompt', () => {
    const { loras, texts, remarks } = read('cat <lora:x:0.5> <hypernet:y:1>');
    expect(loras).toEqual([{ name: 'x', text: 0.5, unet: 0.5 }]);
    expect(texts[0]?.[0]?.origins).toEqual([0]);
    expect(remarks).toEqual([{ kind: 'tag-ignored', about: '<hypernet:y:1>' }]);
    const negative = read('cat <lora:x:0.5>', { negative: true });
    expect(negative.loras).toEqual([]);
    expect(negative.texts[0]?.[0]?.origins.length).toBeGreaterThan(5);
  });

  it('remarks on what is taken otherwise than meant', () => {
    expect(read('(a BREAK b) [c:[d|e]:2]').remarks).toEqual([{ kind: 'break-as-word', about: 'BREAK' }]);
    expect(read('a | [b:3]').remarks.map(({ kind }) => kind)).toEqual(['editing-ignored']);
    expect(read('a BREAK (b:1.2) [c:2]').remarks).toEqual([]);
  });

  it('names AND as unsupported, but only the word in capitals, in a prompt that is not the negative one', () => {
    for (const prompt of ['a AND b', '(a AND b:1.2)', 'AND']) {
      const made = readPrompt(prompt, tokenizer, options);
      expect(made).toMatchObject({
        ok: false,
        error: { code: 'prompt-unsupported', detail: { syntax: 'AND' } },
      });
    }
    expect(readPrompt('a and b, SAND, ANDROID, ÉAND, AND_', tokenizer, options).ok).toBe(true);
    expect(readPrompt('a AND b', tokenizer, { ...options, negative: true }).ok).toBe(true);
  });

  it('refuses a prompt over the limit', () => {
    expect(readPrompt('cat '.repeat(750), tokenizer, options).ok).toBe(true);
    const made = readPrompt('cat '.repeat(751), tokenizer, options);
    expect(made).toMatchObject({
      ok: false,
      error: { code: 'prompt-too-long', detail: { chunks: 11, maximumChunks: 10 } },
    });
    expect(!made.ok && made.error.message).toContain('750 tokens');
    expect(readPrompt('[' + 'cat '.repeat(751) + ':a:3]', tokenizer, options).ok).toBe(false);
    const endless = readPrompt(' '.repeat(20_001), tokenizer, options);
    expect(endless).toMatchObject({
      ok: false,
      error: { code: 'prompt-too-long', detail: { characters: 20_001 } },
    });
  });

  it('refuses an embedding that no chunk holds, where it is used', () => {
    const embeddings = [{ name: 'easy', vectors: 76 }];
    expect(readPrompt('cat', tokenizer, { ...options, embeddings }).ok).toBe(true);
    const made = readPrompt('a easy cat', tokenizer, { ...options, embeddings });
    expect(made).toMatchObject({
      ok: false,
      error: { code: 'prompt-unsupported', detail: { syntax: 'easy', vectors: 76 } },
    });
    expect(read('easy', { embeddings: [{ name: 'easy', vectors: 75 }] }).texts[0]?.[0]?.placements).toEqual([
      { name: 'easy', at: 1, vectors: 75 },
    ]);
  });

  it('takes any text', () => {
    const embeddings = [{ name: 'easy', vectors: 5 }];
    fc.assert(
      fc.property(prompts, fc.boolean(), fc.integer({ min: 1, max: 8 }), (prompt, negative, steps) => {
        const made = readPrompt(prompt, tokenizer, { steps, negative, embeddings, padding: 0 });
        if (!made.ok) {
          expect(['prompt-unsupported', 'prompt-too-long']).toContain(made.error.code);
          return;
        }
        const { texts, phases } = made.value;
        expect(phases.at(-1)?.until).toBe(steps);
        expect(new Set(phases.map(({ text }) => text)).size).toBe(texts.length);
        for (const row of texts.flat()) {
          expect([row.ids.length, row.weights.length]).toEqual([77, 77]);
          expect(row.weights.every(Number.isFinite)).toBe(true);
          for (const { at, vectors } of row.placements) {
            expect(row.ids.slice(at, at + vectors)).toEqual(Array(vectors).fill(0));
          }
        }
      }),
    );
  });
});

describe('equalised', () => {
  it('gives all texts as many rows as the longest has', () => {
    const long = read('cat '.repeat(80));
    const [prompt, negative] = equalised([long, read('[a BREAK b|c]')], endToken);
    expect(prompt).toEqual(long);
    expect(negative?.texts.map((rows) => rows.length)).toEqual([2, 2]);
    expect(negative?.texts[1]?.[1]).toEqual(read('').texts[0]?.[0]);
  });
});

describe('countTokens', () => {
  it('counts as the field shows it', () => {
    expect(countTokens('', tokenizer, options)).toEqual({
      tokens: 0,
      capacity: 75,
      borders: [],
      tooLong: false,
    });
    expect(countTokens('a <lora:x:1> (cat:1.2)', tokenizer, options)).toMatchObject({
      tokens: 2,
      capacity: 75,
    });
    expect(countTokens('cat '.repeat(75), tokenizer, options)).toMatchObject({ tokens: 75, capacity: 75 });
  });

  it('finds where chunks begin', () => {
    const prompt = `<lora:x:1>${'cat '.repeat(60)}, ${'((dog:1.1)) '.repeat(20)}`;
    const { tokens, capacity, borders } = countTokens(prompt, tokenizer, options);
    expect([tokens, capacity]).toEqual([95, 150]);
    expect(borders).toEqual([prompt.indexOf('dog')]);
    expect(countTokens('a BREAK  b BREAK BREAK c', tokenizer, options).borders).toEqual([9, 23, 23]);
    expect(countTokens('[a|a BREAK (b)]', tokenizer, options)).toMatchObject({ tokens: 76, borders: [12] });
  });

  it('counts what is refused too', () => {
    expect(countTokens('a AND b', tokenizer, options)).toMatchObject({ tokens: 3, tooLong: false });
    expect(countTokens('cat '.repeat(751), tokenizer, options)).toMatchObject({ tokens: 751, tooLong: true });
    expect(countTokens(' '.repeat(20_001), tokenizer, options)).toMatchObject({ tokens: 0, tooLong: true });
  });

  it('gives ascending borders inside the prompt, whatever the text', () => {
    fc.assert(
      fc.property(prompts, (prompt) => {
        const { tokens, capacity, borders } = countTokens(prompt, tokenizer, options);
        expect(tokens).toBeLessThanOrEqual(capacity);
        expect(borders).toHaveLength(capacity / 75 - 1);
        expect([...borders].sort((a, b) => a - b)).toEqual(borders);
        expect(borders.every((border) => border <= prompt.length)).toBe(true);
      }),
    );
  });
});
