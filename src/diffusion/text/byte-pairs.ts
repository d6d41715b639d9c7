/** Byte-pair encoding (Sennrich et al. 2016): a vocabulary that is read from its merges, and words made of its tokens. */

import { byteSymbols } from './byte-symbols.ts';

const mergeCount = 48_894;
/** Each byte's symbol, inside a word and at its end. */
const byteTokens = 512;

export interface Word {
  readonly tokens: readonly number[];
  /** Where each token starts in the word, in UTF-16 units. */
  readonly offsets: readonly number[];
}

export interface Vocabulary {
  /** By byte: its token inside a word. At a word's end it is 256 more. */
  readonly bytes: Uint16Array;
  /** By pair of tokens (`pairKey`): the token that they merge to. A lower one goes first. */
  readonly merged: ReadonlyMap<number, number>;
}

const pairKey = (left: number, right: number): number => left * 65_536 + right;

/** The vocabulary of CLIP's file of merges; null when it is another file. */
export function readMerges(text: string): Vocabulary | null {
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

/**
 * A word's bytes, merged: always the pair that comes first in the list of merges, the leftmost of equal ones. The time
 * grows as n log n with the word, so that a pasted page without spaces is no trouble.
 */
export function encodeWord(word: string, { bytes, merged }: Vocabulary): Word {
  const tokens: number[] = [];
  const offsets: number[] = [];
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
  // A chain over the places: what is merged keeps its left place, and the right one is skipped from then on.
  const end = tokens.length;
  const next = tokens.map((_, at) => at + 1);
  const previous = tokens.map((_, at) => at - 1);
  const queue = new NumberQueue();
  const offer = (at: number): void => {
    const right = next[at] ?? end;
    if (at < 0 || right >= end) return;
    const made = merged.get(pairKey(tokens[at] ?? 0, tokens[right] ?? 0));
    if (made !== undefined) queue.push(made * places + at);
  };
  for (let at = 0; at < end; at++) offer(at);
  for (let key = queue.pop(); key !== null; key = queue.pop()) {
    const at = key % places;
    const made = (key - at) / places;
    const right = next[at] ?? end;
    // Offered long ago: one of the two may have been merged into another since.
    const stands = tokens[at] !== gone && right < end;
    if (!stands || merged.get(pairKey(tokens[at] ?? 0, tokens[right] ?? 0)) !== made) continue;
    tokens[at] = made;
    tokens[right] = gone;
    const after = next[right] ?? end;
    next[at] = after;
    if (after < end) previous[after] = at;
    offer(previous[at] ?? -1);
    offer(at);
  }
  const left = tokens.flatMap((token, at) => (token === gone ? [] : [at]));
  return { tokens: left.map((at) => tokens[at] ?? 0), offsets: left.map((at) => offsets[at] ?? 0) };
}

/** More than a word has bytes; a key of the queue holds a token and a place. */
const places = 2 ** 32;
const gone = -1;

/** The least of the numbers in it comes out first. */
class NumberQueue {
  readonly #heap: number[] = [];

  push(value: number): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(value);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] ?? 0;
      if (above <= value) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = value;
  }

  pop(): number | null {
    const heap = this.#heap;
    const [least] = heap;
    const value = heap.pop();
    if (least === undefined || value === undefined) return null;
    if (heap.length === 0) return least;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if ((heap[child + 1] ?? Infinity) < (heap[child] ?? Infinity)) child++;
      const below = heap[child] ?? Infinity;
      if (below >= value) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = value;
    return least;
  }
}
