/** Weighted pieces to rows of 77 tokens for the text encoder, as AUTOMATIC1111 fills them. */

import type { Piece } from './emphasis-syntax.ts';
import { endToken, startToken, type Tokenizer } from './tokenizer.ts';

/** Tokens of a text that one row holds, between its start and its end token. */
export const chunkTokens = 75;

/** `,` at a word's end: the one place where a chunk may end early. */
const comma = 267;

/** A learned vector, or several, that a word stands for (textual inversion). */
export interface Embedding {
  /** As written in prompts; upper and lower case are one. */
  readonly name: string;
  /** How many vectors, and so tokens, it takes: 1 to 75. */
  readonly vectors: number;
}

/** Where the vectors of an embedding replace those of the row's tokens. */
export interface Placement {
  readonly name: string;
  /** Position in the row, 1 to 75, of its first vector; the others follow. */
  readonly at: number;
  readonly vectors: number;
}

export interface Row {
  /** 77 numbers: start, up to 75 tokens, end, and filling. Placeholders of embeddings are 0. */
  readonly ids: readonly number[];
  /** 77 factors; 1 where nothing is emphasised. */
  readonly weights: readonly number[];
  readonly placements: readonly Placement[];
  /** Offsets in the prompt of the row's own tokens, without filling: up to 75. */
  readonly origins: readonly number[];
}

export interface ChunkOptions {
  /** What rows are filled up with: 49407 for SD 1.x, 0 for SD 2.x (OpenCLIP). */
  readonly padding: number;
  /** A chunk that is full ends after its last comma, if that is at most so many tokens back; 0 for never. */
  readonly commaBacktrack?: number;
  readonly embeddings?: readonly Embedding[];
}

/** What AUTOMATIC1111 takes where nothing else is set. */
const defaultBacktrack = 20;

interface Token {
  readonly id: number;
  readonly weight: number;
  readonly origin: number;
  /** Of the first placeholder of an embedding. */
  readonly embedding?: Embedding;
}

/**
 * The rows of a prompt's pieces, at least one. A chunk ends when it is full, at a break, and before an embedding
 * whose vectors would not fit. An embedding that is carried over with the tokens behind a comma keeps its vectors;
 * AUTOMATIC1111 leaves these behind, in the chunk before.
 */
export function fillRows(
  pieces: readonly Piece[],
  tokenizer: Tokenizer,
  options: ChunkOptions,
): readonly Row[] {
  const { padding, commaBacktrack = defaultBacktrack, embeddings = [] } = options;
  const known = byFirstToken(embeddings, tokenizer);
  const rows: Row[] = [];
  let chunk: Token[] = [];
  let lastComma = -1;
  const endChunk = (): void => {
    rows.push(rowOf(chunk, padding));
    chunk = [];
    lastComma = -1;
  };
  for (const piece of pieces) {
    if (piece.kind === 'break') {
      endChunk();
      continue;
    }
    const { ids, starts } = tokenizer.encode(piece.text.text);
    const originOf = (at: number): number => piece.text.origins[starts[at] ?? 0] ?? 0;
    for (let at = 0; at < ids.length;) {
      const id = ids[at] ?? 0;
      if (id === comma) lastComma = chunk.length;
      else if (chunk.length === chunkTokens && lastComma >= 0 && chunk.length - lastComma <= commaBacktrack) {
        const carried = chunk.splice(lastComma + 1);
        endChunk();
        chunk = carried;
      }
      if (chunk.length === chunkTokens) endChunk();
      const match = known.get(id)?.find(({ name }) => name.every((part, index) => ids[at + index] === part));
      if (!match) {
        chunk.push({ id, weight: piece.weight, origin: originOf(at) });
        at++;
        continue;
      }
      const { embedding } = match;
      if (chunk.length + embedding.vectors > chunkTokens) endChunk();
      const placeholder = { id: 0, weight: piece.weight, origin: originOf(at) };
      for (let vector = 0; vector < embedding.vectors; vector++) {
        chunk.push(vector === 0 ? { ...placeholder, embedding } : placeholder);
      }
      at += match.name.length;
    }
  }
  if (chunk.length > 0 || rows.length === 0) endChunk();
  return rows;
}

/** The row of no text: what shorter prompts are filled up with. */
export function emptyRow(padding: number): Row {
  return rowOf([], padding);
}

interface Known {
  readonly embedding: Embedding;
  /** The tokens of its name: it is found by these, as part of a word too. */
  readonly name: readonly number[];
}

function byFirstToken(
  embeddings: readonly Embedding[],
  tokenizer: Tokenizer,
): ReadonlyMap<number, readonly Known[]> {
  const known = new Map<number, Known[]>();
  for (const embedding of embeddings) {
    const name = tokenizer.encode(embedding.name).ids;
    const [first] = name;
    if (first === undefined) continue;
    const others = known.get(first) ?? [];
    // The longest name first: "cat-eyes" before "cat".
    known.set(
      first,
      [...others, { embedding, name }].sort((a, b) => b.name.length - a.name.length),
    );
  }
  return known;
}

function rowOf(chunk: readonly Token[], padding: number): Row {
  const filling = chunkTokens - chunk.length;
  const placements = chunk.flatMap(({ embedding }, index) =>
    embedding ? [{ name: embedding.name, at: index + 1, vectors: embedding.vectors }] : [],
  );
  return {
    ids: [startToken, ...chunk.map(({ id }) => id), endToken, ...Array<number>(filling).fill(padding)],
    weights: [1, ...chunk.map(({ weight }) => weight), 1, ...Array<number>(filling).fill(1)],
    placements,
    origins: chunk.map(({ origin }) => origin),
  };
}
