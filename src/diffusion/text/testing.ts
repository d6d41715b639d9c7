/** The tokenizer for tests, which read the shipped file of merges themselves. */

import { createTokenizer, type Tokenizer } from './tokenizer.ts';

/** Where the shipped file of merges lies, from the root of the repository, where tests run. */
export const mergesPath = 'public/models/clip/merges.txt';

export function tokenizerOf(merges: string): Tokenizer {
  const made = createTokenizer(merges);
  if (!made.ok) throw new Error(made.error.message);
  return made.value;
}
