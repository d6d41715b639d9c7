/** What a prompt's field shows beside it: how many tokens there are, and where one chunk ends and the next begins. */

import { chunkTokens, type Row } from './chunks.ts';
import { takeTags } from './network-tags.ts';
import { maximumChunks, maximumLength, type PromptOptions, rowsOverSteps } from './prompt.ts';
import { sourced } from './sourced-text.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface TokenCount {
  /** Chunks that ended early count as full, as AUTOMATIC1111 counts. */
  readonly tokens: number;
  /** What the chunks that there are would hold: 75 times their number. */
  readonly capacity: number;
  /** Offsets in the prompt, in UTF-16 units and ascending, where the second chunk starts, the third, and so on. */
  readonly borders: readonly number[];
  /** More chunks than `readPrompt` takes. */
  readonly tooLong: boolean;
}

/**
 * Counts a prompt of any kind, also one that `readPrompt` refuses. Of a prompt that is edited while steps go by, the
 * longest of its texts counts.
 */
export function countTokens(prompt: string, tokenizer: Tokenizer, options: PromptOptions): TokenCount {
  const whole = sourced(prompt.slice(0, maximumLength));
  const text = options.negative ? whole : takeTags(whole).text;
  let longest: readonly Row[] = [];
  for (const rows of rowsOverSteps(text, tokenizer, options).texts) {
    if (tokensOf(rows) >= tokensOf(longest)) longest = rows;
  }
  const borders: number[] = [];
  // From the end: a chunk without tokens of its own starts where the next one does.
  let next = prompt.length;
  for (const row of longest.slice(1).reverse()) {
    next = row.origins[0] ?? next;
    borders.unshift(next);
  }
  return {
    tokens: tokensOf(longest),
    capacity: longest.length * chunkTokens,
    borders,
    tooLong: longest.length > maximumChunks || prompt.length > maximumLength,
  };
}

function tokensOf(rows: readonly Row[]): number {
  return Math.max(0, rows.length - 1) * chunkTokens + (rows.at(-1)?.origins.length ?? 0);
}
