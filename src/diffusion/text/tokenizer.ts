/** CLIP's byte-pair tokenizer: texts to numbers of a vocabulary of 49,408 tokens, read from its published merges. */

import { fail, ok, type Result } from '../../base/result.ts';
import { encodeWord, readMerges, type Word } from './byte-pairs.ts';
import { clean } from './clean.ts';

/** Tokens that no merge makes, by number. The end token also fills up rows of SD 1.x. */
export const startToken = 49_406;
export const endToken = 49_407;

/** Words seen lately: a prompt that is being typed repeats nearly all of them. */
const remembered = 4096;

/** The published pattern: the special tokens, English endings, runs of letters, single digits, runs of the rest. */
const words = /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+/giu;

const specials: ReadonlyMap<string, Word> = new Map([
  ['<|startoftext|>', { tokens: [startToken], offsets: [0] }],
  ['<|endoftext|>', { tokens: [endToken], offsets: [0] }],
]);

export interface Tokens {
  /** Numbers in the vocabulary, without a start or end token (but for what a text spells out: `<|endoftext|>`). */
  readonly ids: readonly number[];
  /**
   * For every token the offset in the given text where it starts. Tokens share one where several spell one
   * character.
   */
  readonly starts: readonly number[];
}

export interface Tokenizer {
  /** Any text to its tokens; no text fails. Same as CLIP's published tokenizer (see clean.ts for what is left out). */
  encode(text: string): Tokens;
}

/**
 * The tokenizer of a file of merges: 48,894 lines of two symbols each, most frequent first, under a heading that
 * starts with "#version" (`merges.txt` beside a text encoder). Fails with `model-damaged` when the file is another.
 * Sources: Sennrich et al. 2016 (byte-pair encoding), https://github.com/openai/CLIP (pattern and vocabulary).
 */
export function createTokenizer(merges: string): Result<Tokenizer> {
  const vocabulary = readMerges(merges);
  if (vocabulary === null) {
    return fail(
      'model-damaged',
      'The file of the text tokenizer is not the one that CLIP uses. Reload the page, so that it is fetched again.',
    );
  }
  const memory = new Map<string, Word>();
  const wordOf = (word: string): Word => {
    const known = memory.get(word);
    if (known) return known;
    if (memory.size >= remembered) memory.clear();
    const made = specials.get(word) ?? encodeWord(word, vocabulary);
    memory.set(word, made);
    return made;
  };
  return ok({
    encode(text) {
      const { text: plain, origins } = clean(text);
      const ids: number[] = [];
      const starts: number[] = [];
      for (const { 0: word, index } of plain.matchAll(words)) {
        const { tokens, offsets } = wordOf(word);
        tokens.forEach((token, at) => {
          ids.push(token);
          starts.push(origins[index + (offsets[at] ?? 0)] ?? 0);
        });
      }
      return { ids, starts };
    },
  });
}
