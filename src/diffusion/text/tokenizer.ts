/** CLIP's byte-pair tokenizer: texts to numbers of a vocabulary of 49,408 tokens, read from its published merges. */

import { fail, ok, type Result } from '../../base/result.ts';
import { byteSymbols } from './byte-symbols.ts';
import { clean } from './clean.ts';

/** Tokens that no merge makes, by number. The end token also fills up rows of SD 1.x. */
export const startToken = 49_406;
export const endToken = 49_407;

const mergeCount = 48_894;
/** Each byte's symbol, inside a word and at its end. */
const byteTokens = 512;
/** Words seen lately: a prompt that is being typed repeats nearly all of them. */
const remembered = 4096;

/** The published pattern: the special tokens, English endings, runs of letters, single digits, runs of the rest. */
const words = /<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+/giu;

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
    const made = encodeWord(word, vocabulary);
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

interface Word {
  readonly tokens: readonly number[];
  /** Where each token starts in the word, in UTF-16 units. */
  readonly offsets: readonly number[];
}

interface Vocabulary {
  /** By byte: its token inside a word. At a word's end it is 256 more. */
  readonly bytes: Uint16Array;
  /** By pair of tokens (`pairKey`): the token that they merge to. A lower one goes first. */
  readonly merged: ReadonlyMap<number, number>;
}

const pairKey = (left: number, right: number): number => left * 65_536 + right;

function readMerges(text: string): Vocabulary | null {
  const lines = text.split('\n').map((line) => line.trimEnd());
  if (lines[0]?.startsWith('#version') === true) lines.shift();
  while (lines.at(-1) === '') lines.pop();
  if (lines.length !== mergeCount) return null;
  const bytes = new Uint16Array(256);
  const tokens = new Map<string, number>();
  byteSymbols().forEach(({ byte, symbol }, index) => {
    bytes[byte] = index;
    tokens.set(symbol, index);
    tokens.set(`${symbol}</w>`, 256 + index);
  });
  const merged = new Map<number, number>();
  for (const [index, line] of lines.entries()) {
    const [first, second, more] = line.split(' ');
    const left = tokens.get(first ?? '');
    const right = tokens.get(second ?? '');
    if (left === undefined || right === undefined || more !== undefined) return null;
    tokens.set(`${first ?? ''}${second ?? ''}`, byteTokens + index);
    merged.set(pairKey(left, right), byteTokens + index);
  }
  return { bytes, merged };
}

function encodeWord(word: string, { bytes, merged }: Vocabulary): Word {
  if (word === '<|startoftext|>') return { tokens: [startToken], offsets: [0] };
  if (word === '<|endoftext|>') return { tokens: [endToken], offsets: [0] };
  let tokens: number[] = [];
  let offsets: number[] = [];
  const encoder = new TextEncoder();
  let offset = 0;
  for (const character of word) {
    for (const byte of encoder.encode(character)) {
      tokens.push(bytes[byte] ?? 0);
      offsets.push(offset);
    }
    offset += character.length;
  }
  const last = tokens.pop();
  if (last !== undefined) tokens.push(last + 256);
  for (;;) {
    let best = Infinity;
    let pair = -1;
    for (let at = 0; at + 1 < tokens.length; at++) {
      const key = pairKey(tokens[at] ?? 0, tokens[at + 1] ?? 0);
      const token = merged.get(key);
      if (token !== undefined && token < best) {
        best = token;
        pair = key;
      }
    }
    if (pair < 0) return { tokens, offsets };
    // Every place of that pair at once, from the left.
    const shorter: number[] = [];
    const starts: number[] = [];
    for (let at = 0; at < tokens.length; at++) {
      const token = tokens[at] ?? 0;
      starts.push(offsets[at] ?? 0);
      const meets = at + 1 < tokens.length && pairKey(token, tokens[at + 1] ?? 0) === pair;
      shorter.push(meets ? best : token);
      if (meets) at++;
    }
    tokens = shorter;
    offsets = starts;
  }
}
