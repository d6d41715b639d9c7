/** What a prompt and a negative prompt say at every evaluation, as rows for the text encoder, each of which is encoded once. */

import { at } from '../../base/assert.ts';
import type { Row } from '../text/chunks.ts';
import { applyEmphasis } from '../text/emphasis.ts';
import type { Chunk, Floats } from './networks.ts';

/** The rows of one evaluation, one after another; prompt and negative prompt have equally many. */
export interface EvaluationRows {
  readonly positive: readonly Row[];
  /** Empty without guidance. */
  readonly negative: readonly Row[];
}

/** Indices of `Script.rows`, by branch: the prompt, then the negative prompt where there is one. */
export type Branches = readonly (readonly number[])[];

export interface Script {
  readonly rows: readonly Row[];
  /** One for each evaluation of the canvas that has most of them. */
  readonly evaluations: readonly Branches[];
  /** 2 with a negative prompt, else 1. */
  readonly branches: number;
}

/** The script of what is said at one evaluation after another; equal rows become one. */
export function scriptOf(said: readonly EvaluationRows[]): Script {
  const rows: Row[] = [];
  const known = new Map<string, number>();
  const indexOf = (row: Row): number => {
    const key = JSON.stringify([row.ids, row.weights, row.placements]);
    const index = known.get(key) ?? rows.push(row) - 1;
    known.set(key, index);
    return index;
  };
  const guided = said.some(({ negative }) => negative.length > 0);
  const branched = said.map(({ positive, negative }) =>
    (guided ? [positive, negative] : [positive]).map((own) => own.map(indexOf)),
  );
  return { rows, evaluations: branched, branches: guided ? 2 : 1 };
}

/** The row's tokens; those of embeddings are numbers above the vocabulary, by the embedding's first row among all vectors. */
export function chunkOf(
  { ids, placements }: Row,
  vocabulary: number,
  firstOf: (name: string) => number,
): Chunk {
  const tokens = [...ids];
  for (const { name, at: place, vectors } of placements) {
    const first = vocabulary + firstOf(name);
    for (let vector = 0; vector < vectors; vector++) tokens[place + vector] = first + vector;
  }
  return { tokens };
}

/** What the UNet is told: the encoded rows with their emphasis, one after another. */
export function contextOf(
  indices: readonly number[],
  script: Script,
  encoded: readonly (Floats | null)[],
): Floats {
  const parts = indices.map((index) => {
    const hidden = at(encoded, index);
    if (!hidden) throw new RangeError(`Row ${index} was not encoded yet.`);
    return applyEmphasis(hidden, at(script.rows, index).weights);
  });
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let to = 0;
  for (const part of parts) {
    whole.set(part, to);
    to += part.length;
  }
  return whole;
}
