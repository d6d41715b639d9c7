/**
 * Textual inversion: a file with a few vectors that stand for a word in a prompt. Read as AUTOMATIC1111, diffusers and
 * kohya's sd-scripts write it (Gal et al., An Image is Worth One Word, 2022).
 */

import { fail, ok, type Result } from '../../base/result.ts';
import { singlesOf } from '../../formats/convert-dtypes.ts';
import { tensorBytes } from '../../formats/tensor-bytes.ts';
import type { TensorEntry, TensorTable } from '../../formats/tensor-table.ts';

export interface Embedding {
  /** What a prompt calls it: the file's name without its folder and ending. */
  readonly name: string;
  /** How many it has, and so how many tokens it takes of a prompt. */
  readonly vectors: number;
  readonly width: number;
  /** [vectors, width] */
  readonly values: Float32Array<ArrayBuffer>;
}

/** As many as a chunk of a prompt has tokens. */
const mostVectors = 75;

/** By the width of the text encoder that an embedding was made for. */
const bases: ReadonlyMap<number, string> = new Map([
  [768, 'Stable Diffusion 1'],
  [1024, 'Stable Diffusion 2'],
  [1280, 'Stable Diffusion XL'],
]);

const floats: ReadonlySet<string> = new Set(['f64', 'f32', 'f16', 'bf16']);

/** Whether a file is a textual inversion: nothing in it but vectors as wide as those of a text encoder. */
export function isEmbedding(table: TensorTable): boolean {
  const all = vectorsOf(table);
  return all.length > 0 && all.length <= mostVectors && all.every(isVectors);
}

/**
 * The vectors of a textual inversion for a text encoder of this width. Failures: `model-unsupported` for one of another
 * text encoder (`reason: 'embedding-base'`), for several words in one file ('embedding-several') and for what is none
 * ('no-embedding'); `model-damaged` for values that are no numbers.
 */
export async function readEmbedding(
  fileName: string,
  table: TensorTable,
  width: number,
): Promise<Result<Embedding>> {
  const name = fileName.replace(/^.*[/\\]/, '').replace(/(?<=.)\.[^.]*$/, '');
  if (!isEmbedding(table)) {
    const message = `"${fileName}" is no textual inversion: it should hold a few vectors of a text encoder's width, and nothing else.`;
    return fail('model-unsupported', message, { reason: 'no-embedding', file: fileName });
  }
  const all = vectorsOf(table);
  const [entry] = all;
  const own = entry?.shape.at(-1) ?? 0;
  const two = all.some(({ name: part }) => part === 'clip_g');
  if (!entry || two || own !== width) return otherBase(fileName, two ? 1280 : own, width);
  if (all.length > 1) {
    const words = all.slice(0, 5).map(({ name: word }) => `"${word}"`);
    return fail(
      'model-unsupported',
      `"${fileName}" holds ${all.length} textual inversions (${words.join(', ')}). Take a file with one of them.`,
      { reason: 'embedding-several', file: fileName },
    );
  }
  const values = singlesOf((await tensorBytes(table, entry)).buffer, entry.dtype);
  if (!values?.every(Number.isFinite)) {
    const message = `The textual inversion "${fileName}" is damaged: it holds values that are no numbers. Fetch it again.`;
    return fail('model-damaged', message, { reason: 'not-finite', file: fileName });
  }
  return ok({ name, vectors: values.length / width, width, values });
}

function otherBase(file: string, own: number, width: number): Result<never> {
  const [needs, base] = [own, width].map((side) => bases.get(side) ?? 'another model');
  return fail(
    'model-unsupported',
    `The textual inversion "${file}" was made for ${needs ?? ''} (${own} values a word), and this model is ${base ?? ''} (${width}). ` +
      'Take one that was made for this model.',
    { reason: 'embedding-base', file, needs: needs ?? '', base: base ?? '' },
  );
}

/** Tokens' numbers and steps of the training may lie beside them. */
function vectorsOf({ tensors }: TensorTable): readonly TensorEntry[] {
  return [...tensors.values()].filter(({ dtype }) => floats.has(dtype));
}

function isVectors({ shape }: TensorEntry): boolean {
  const [count = 0, width = 0] = shape.length === 1 ? [1, ...shape] : shape;
  return shape.length <= 2 && count > 0 && count <= mostVectors && bases.has(width);
}
