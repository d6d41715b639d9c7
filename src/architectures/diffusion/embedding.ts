/**
 * Textual inversion: a file with a few vectors that stand for a word in a prompt. Read as AUTOMATIC1111, diffusers and
 * kohya's sd-scripts write it (Gal et al., An Image is Worth One Word, 2022).
 */

import type { TensorTable } from '../../formats/tensor-table.ts';

/** No embedding has more vectors than a chunk of a prompt has room for, by far. */
const mostVectors = 256;
/** Of the text encoders of Stable Diffusion 1 and 2, and of the second one of XL. */
const widths: readonly number[] = [768, 1024, 1280];

const floats: ReadonlySet<string> = new Set(['f64', 'f32', 'f16', 'bf16']);

/** Whether a file is a textual inversion: nothing in it but vectors as wide as those of a text encoder. */
export function isEmbedding(table: TensorTable): boolean {
  const all = [...table.tensors.values()].filter(({ dtype }) => floats.has(dtype));
  return all.length > 0 && all.length <= mostVectors && all.every(({ shape }) => isVectors(shape));
}

function isVectors(shape: readonly number[]): boolean {
  const [count = 0, width = 0] = shape.length === 1 ? [1, ...shape] : shape;
  return shape.length <= 2 && count > 0 && count <= mostVectors && widths.includes(width);
}
