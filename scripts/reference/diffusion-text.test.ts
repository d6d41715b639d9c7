/** Prompts against transformers' CLIPTokenizer, and against a second implementation of their syntax. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { editions } from '../../src/diffusion/text/editing.ts';
import { applyEmphasis } from '../../src/diffusion/text/emphasis.ts';
import { maximumChunks, readPrompt } from '../../src/diffusion/text/prompt.ts';
import { sourced } from '../../src/diffusion/text/sourced-text.ts';
import { mergesPath, tokenizerOf } from '../../src/diffusion/text/testing.ts';
import { endToken } from '../../src/diffusion/text/tokenizer.ts';

interface Row {
  readonly tokens: readonly number[];
  /** Left out where every weight is 1. */
  readonly weights?: readonly number[];
}

interface Case {
  readonly prompt: string;
  readonly tokens: readonly number[];
  readonly phases: readonly (readonly [until: number, text: string])[];
  /** By phase. */
  readonly rows: readonly (readonly Row[])[];
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'diffusion/text', name), 'utf8'));
}

const { steps, prompts } = read('prompts.json') as {
  readonly steps: number;
  readonly prompts: readonly Case[];
};
const tokenizer = tokenizerOf(readFileSync(mergesPath, 'utf8'));

it('has a table of at least 60 prompts', () => {
  expect(prompts.length).toBeGreaterThanOrEqual(60);
});

describe.each(prompts)('$prompt', ({ prompt, tokens, phases, rows }) => {
  it('has the tokens of the reference', () => {
    expect(tokenizer.encode(prompt).ids).toEqual(tokens);
  });

  it('is the same texts over the steps', () => {
    expect(editions(sourced(prompt), steps).map(({ until, text }) => [until, text.text])).toEqual(phases);
  });

  it('fills the same rows with the same weights', () => {
    // No tags here, so that the tables hold for a prompt as for a negative one.
    const made = readPrompt(prompt, tokenizer, { steps, padding: endToken, negative: true });
    if (rows.some((one) => one.length > maximumChunks)) {
      expect(made).toMatchObject({ ok: false, error: { code: 'prompt-too-long' } });
      return;
    }
    if (!made.ok) throw new Error(made.error.message);
    const { texts, phases: found } = made.value;
    expect(found.map(({ until }) => until)).toEqual(phases.map(([until]) => until));
    found.forEach(({ text }, phase) => {
      const expected = rows[phase] ?? [];
      expect(texts[text]?.map((row) => row.ids.slice(1, 1 + row.origins.length))).toEqual(
        expected.map((row) => row.tokens),
      );
      texts[text]?.forEach((row, index) => {
        const weights = row.weights.slice(1, 1 + row.origins.length);
        const told = expected[index]?.weights ?? weights.map(() => 1);
        weights.forEach((weight, at) => expect(weight).toBeCloseTo(told[at] ?? Number.NaN, 7));
      });
    });
  });
});

it('multiplies by weights and restores the mean as torch does', () => {
  const { hidden, weights, result } = read('emphasis.json') as Readonly<
    Record<'hidden' | 'weights' | 'result', readonly number[]>
  >;
  const found = applyEmphasis(Float32Array.from(hidden), weights);
  expect(found).toHaveLength(result.length);
  result.forEach((value, index) => expect(found[index]).toBeCloseTo(value, 4));
});
