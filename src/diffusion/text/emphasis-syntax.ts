/**
 * AUTOMATIC1111's syntax for emphasis: (more), [less], (exactly:1.3), nesting, escapes, and BREAK between chunks.
 * The behaviour is that of https://github.com/AUTOMATIC1111/stable-diffusion-webui/wiki/Features, with what the
 * program does where this says nothing: what is unbalanced, what merges, and what becomes of a BREAK in brackets.
 */

import { joined, sliced, type SourcedText } from './sourced-text.ts';

export interface Weighted {
  readonly kind: 'text';
  /** Without brackets, weights and escapes. Tokenized by itself: no word reaches over its ends. */
  readonly text: SourcedText;
  /** What the encoder's output for its tokens is multiplied by: finite, 1 for plain text, possibly negative. */
  readonly weight: number;
}

/** The chunk ends here, full or not. */
export interface Break {
  readonly kind: 'break';
}

export type Piece = Weighted | Break;

const round = 1.1;
const square = 1 / 1.1;
/** Far beyond every picture; it keeps hundreds of nested brackets finite. */
const heaviest = 1e6;

/** An escaped bracket or backslash, a lone backslash, a bracket, the end of "(word:1.2)", or a run of anything else. */
const lexemes = /\\[()[\]\\]?|[([]|:\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*\)|[)\]]|[^\\()[\]:]+|:/gu;
const breaks = /\s*(?<![\p{L}\p{N}_])BREAK(?![\p{L}\p{N}_])\s*/gu;

/**
 * A prompt to its pieces, in order; at least one. Any text is taken: brackets that close nothing are text, those that
 * stay open count to the end, a weight that is no number is text. A BREAK in weighted brackets is no break but the
 * word, as in AUTOMATIC1111, with the weight -1 times that of the brackets (`breakAsWord` finds it).
 */
export function readEmphasis(prompt: SourcedText): readonly Piece[] {
  const found: { text: SourcedText; weight: number; isBreak: boolean }[] = [];
  const open = { round: [] as number[], square: [] as number[] };
  const multiply = (from: number, factor: number): void => {
    for (const piece of found.slice(from)) piece.weight = clamped(piece.weight * factor);
  };
  const add = (text: SourcedText): void => {
    found.push({ text, weight: 1, isBreak: false });
  };
  for (const match of prompt.text.matchAll(lexemes)) {
    const { 0: lexeme, 1: weight, index } = match;
    const end = index + lexeme.length;
    if (lexeme.startsWith('\\')) add(sliced(prompt, index + 1, end));
    else if (lexeme === '(') open.round.push(found.length);
    else if (lexeme === '[') open.square.push(found.length);
    else if (weight !== undefined && open.round.length > 0) multiply(open.round.pop() ?? 0, Number(weight));
    else if (lexeme === ')' && open.round.length > 0) multiply(open.round.pop() ?? 0, round);
    else if (lexeme === ']' && open.square.length > 0) multiply(open.square.pop() ?? 0, square);
    else {
      // Between two breaks stands a piece, if an empty one: it keeps them apart.
      let start = index;
      for (const { 0: word, index: at } of lexeme.matchAll(breaks)) {
        add(sliced(prompt, start, index + at));
        start = index + at + word.length;
        const from = index + at + word.indexOf('B');
        found.push({ text: sliced(prompt, from, from + 'BREAK'.length), weight: -1, isBreak: true });
      }
      add(sliced(prompt, start, end));
    }
  }
  for (const from of open.round) multiply(from, round);
  for (const from of open.square) multiply(from, square);
  return merged(found);
}

/** Whether a BREAK stands in brackets with a weight, where it is a word like others, and hardly meant so. */
export function breakAsWord(pieces: readonly Piece[]): boolean {
  return pieces.some(
    (piece) => piece.kind === 'text' && piece.text.text.includes('BREAK') && piece.weight < 0,
  );
}

/** Neighbours of one weight are one text: "(a)(b)" is "ab". */
function merged(found: readonly { text: SourcedText; weight: number; isBreak: boolean }[]): readonly Piece[] {
  const pieces: Piece[] = [];
  let run: SourcedText[] = [];
  let runWeight = 1;
  const endRun = (): void => {
    if (run.length > 0) pieces.push({ kind: 'text', text: joined(run), weight: runWeight });
    run = [];
  };
  for (const { text, weight, isBreak } of found) {
    if (isBreak && weight === -1) {
      endRun();
      pieces.push({ kind: 'break' });
      continue;
    }
    if (weight !== runWeight) endRun();
    runWeight = weight;
    run.push(text);
  }
  endRun();
  return pieces.length > 0 ? pieces : [{ kind: 'text', text: { text: '', origins: [] }, weight: 1 }];
}

function clamped(weight: number): number {
  return Math.max(-heaviest, Math.min(heaviest, weight));
}
