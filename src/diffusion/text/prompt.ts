/** A prompt as it was typed to rows of tokens for every step: tags, editing, emphasis, embeddings and chunks together. */

import { fail, ok, type Result } from '../../base/result.ts';
import { chunkTokens, type ChunkOptions, emptyRow, fillRows, type Row } from './chunks.ts';
import { editingFails, editions } from './editing.ts';
import { breakAsWord, readEmphasis } from './emphasis-syntax.ts';
import { type LoraTag, takeTags } from './network-tags.ts';
import { sourced, type SourcedText } from './sourced-text.ts';
import type { Tokenizer } from './tokenizer.ts';

/** Each chunk is one more run of the text encoder, and 77 more rows in every cross attention. */
export const maximumChunks = 10;
/** In characters. No prompt of `maximumChunks` comes near; what is longer is not even read. */
export const maximumLength = 20_000;

export interface PromptOptions extends ChunkOptions {
  /**
   * Of the whole schedule that `[a:b:0.5]` and `[a|b]` count in: 1 or more. AUTOMATIC1111 takes the steps asked for, also where img2img
   * runs fewer, and twice as many for samplers that ask the network twice a step.
   */
  readonly steps: number;
  /** A negative prompt: tags and AND are text in it, as in AUTOMATIC1111. */
  readonly negative?: boolean;
}

/** Something in a prompt that is taken otherwise than its writer may think. `about` is the part, as written. */
export interface Remark {
  readonly kind: 'editing-ignored' | 'break-as-word' | 'tag-ignored';
  readonly about: string;
}

/** One of the texts that a prompt is while steps go by. */
export interface PromptPhase {
  /** The last step, counted from 1; see `editionAt` (editing.ts) for an evaluation's phase. */
  readonly until: number;
  /** Which of `texts`. */
  readonly text: number;
}

export interface ReadPrompt {
  /** The rows of every text that differs from the others; each is encoded once. */
  readonly texts: readonly (readonly Row[])[];
  /** In order; the last one's `until` is the number of steps. */
  readonly phases: readonly PromptPhase[];
  readonly loras: readonly LoraTag[];
  readonly remarks: readonly Remark[];
}

/**
 * Reads a prompt. Fails with `prompt-too-long` beyond `maximumChunks` chunks, and with `prompt-unsupported` where
 * the word AND joins two prompts, or where an embedding has more than 75 vectors; takes everything else.
 */
export function readPrompt(prompt: string, tokenizer: Tokenizer, options: PromptOptions): Result<ReadPrompt> {
  if (prompt.length > maximumLength) return tooLong({ characters: prompt.length });
  const { text, loras, ignored } = options.negative
    ? { text: sourced(prompt), loras: [], ignored: [] }
    : takeTags(sourced(prompt));
  if (!options.negative && /(?<![\p{L}\p{N}_])AND(?![\p{L}\p{N}_])/u.test(text.text)) {
    return fail(
      'prompt-unsupported',
      'The prompt joins several prompts with AND, which is not supported. Join them with a comma or BREAK, or write "and" in small letters where you mean the word.',
      { syntax: 'AND' },
    );
  }
  const { texts, phases, remarks } = rowsOverSteps(text, tokenizer, options);
  const chunks = Math.max(...texts.map((rows) => rows.length));
  if (chunks > maximumChunks) return tooLong({ chunks });
  for (const { name } of texts.flat().flatMap(({ placements }) => placements)) {
    const vectors = options.embeddings?.find((embedding) => embedding.name === name)?.vectors ?? 0;
    if (vectors > chunkTokens) {
      return fail(
        'prompt-unsupported',
        `The embedding "${name}" has ${vectors} vectors, and ${chunkTokens} is the most that fit. Leave its name out of the prompt.`,
        { syntax: name, vectors },
      );
    }
  }
  const tagRemarks = ignored.map((about): Remark => ({ kind: 'tag-ignored', about }));
  return ok({ texts, phases, loras, remarks: [...tagRemarks, ...remarks] });
}

/**
 * The prompts, each text with as many rows as the longest of all has: so that the prompt and the negative one run in
 * one batch. (AUTOMATIC1111 does so with "Pad prompt/negative prompt"; without it, it runs unequal ones in turn.)
 */
export function equalised(prompts: readonly ReadPrompt[], padding: number): readonly ReadPrompt[] {
  const most = Math.max(1, ...prompts.flatMap(({ texts }) => texts.map((rows) => rows.length)));
  return prompts.map((prompt) => ({
    ...prompt,
    texts: prompt.texts.map((rows) => [
      ...rows,
      ...Array.from({ length: most - rows.length }, () => emptyRow(padding)),
    ]),
  }));
}

/** The rows of a prompt without tags, however many there are. */
export function rowsOverSteps(
  prompt: SourcedText,
  tokenizer: Tokenizer,
  { embeddings = [], steps, ...options }: PromptOptions,
): Omit<ReadPrompt, 'loras'> {
  const fitting = embeddings.map(({ name, vectors }) => ({ name, vectors: Math.min(vectors, chunkTokens) }));
  const known = new Map<string, number>();
  const texts: (readonly Row[])[] = [];
  const remarks: Remark[] = [];
  if (editingFails(prompt.text)) remarks.push({ kind: 'editing-ignored', about: prompt.text });
  const phases = editions(prompt, steps).map(({ until, text }): PromptPhase => {
    const before = known.get(text.text);
    if (before !== undefined) return { until, text: before };
    const pieces = readEmphasis(text);
    if (breakAsWord(pieces) && !remarks.some(({ kind }) => kind === 'break-as-word')) {
      remarks.push({ kind: 'break-as-word', about: 'BREAK' });
    }
    known.set(text.text, texts.length);
    texts.push(fillRows(pieces, tokenizer, { ...options, embeddings: fitting }));
    return { until, text: texts.length - 1 };
  });
  return { texts, phases, remarks };
}

function tooLong(detail: Readonly<Record<string, number>>): Result<never> {
  const most = `${maximumChunks * chunkTokens} tokens (${maximumChunks} chunks of ${chunkTokens})`;
  return fail('prompt-too-long', `The prompt is too long: ${most} is the most. Shorten it.`, {
    ...detail,
    maximumChunks,
  });
}
