/** Whether a graph could be one of pictures by what it says of its inputs and outputs, and what that leaves open. */

import type { ForeignEnd } from '../../../src/architectures/foreign.ts';
import { layouts } from '../../../src/architectures/foreign.ts';
import { fail, ok, type Result } from '../../../src/base/result.ts';
import type { OnnxEnd, OnnxHeader } from '../../../src/formats/onnx/header.ts';
import type { Size } from '../../../src/picture/geometry.ts';
import { isPicture } from './shaped.ts';

/** One way to read the input's shape. */
export interface InputGuess extends Pick<ForeignEnd, 'layout' | 'channels'> {
  /** Where the file tells both sides. */
  readonly told: Size | null;
}

export interface CheckedEnds {
  readonly input: { readonly name: string; readonly dtype: ForeignEnd['dtype'] };
  readonly output: { readonly name: string; readonly dtype: ForeignEnd['dtype'] };
  /** The likeliest first. */
  readonly guesses: readonly InputGuess[];
}

const dtypes: ReadonlyMap<number, ForeignEnd['dtype']> = new Map([
  [1, 'f32'],
  [10, 'f16'],
  [2, 'u8'],
]);

/** Failures: `model-unsupported`, with what was found and what is needed. */
export function checkEnds(
  { graph }: OnnxHeader,
  wish: { readonly layout?: ForeignEnd['layout'] },
): Result<CheckedEnds> {
  const [input, second] = graph.inputs;
  if (!input) return notPicture('it takes no input');
  if (second) {
    const names = graph.inputs.map(({ name }) => `"${name}"`).join(', ');
    return notPicture(`it takes ${graph.inputs.length} inputs (${names})`);
  }
  const dtype = dtypes.get(input.type);
  if (!dtype) return notPicture(`its input "${input.name}" holds no values that a picture has`);
  const output = graph.outputs.find((end) => dtypes.has(end.type) && (end.shape?.length ?? 4) === 4);
  const [first] = graph.outputs;
  if (!output) return notPicture(first ? `it gives ${words(first)}` : 'it gives nothing');
  if (input.shape && input.shape.length !== 4) return notPicture(`it takes ${words(input)}`);
  const [batch, ...sides] = input.shape ?? [null, null, null, null];
  if (typeof batch === 'number' && batch !== 1) return notPicture(`it takes ${batch} pictures at once`);
  const guesses = layouts
    .flatMap((layout) => guess(layout, sides))
    .filter(({ layout }) => wish.layout === undefined || layout === wish.layout);
  if (guesses.length === 0) return notPicture(`it takes ${words(input)}`);
  return ok({
    input: { name: input.name, dtype },
    output: { name: output.name, dtype: dtypes.get(output.type) ?? 'f32' },
    guesses,
  });
}

export function notPicture(found: string): Result<never> {
  return fail(
    'model-unsupported',
    `This ONNX network is no upscaler: ${found}. One is needed that takes a single picture (1 × 3 × height × width, or 1 × height × width × 3) and gives a larger one.`,
    { reason: 'not-a-picture', found },
  );
}

function guess(layout: ForeignEnd['layout'], sides: readonly (number | string | null)[]): InputGuess[] {
  const [a, b, c] = sides;
  const [channels, height, width] = layout === 'nchw' ? [a, b, c] : [c, a, b];
  const told = typeof height === 'number' && typeof width === 'number' ? { width, height } : null;
  if (typeof channels === 'number') return isPicture(channels) ? [{ layout, channels, told }] : [];
  // A side that is told to be so small is no side of a picture, but the channels of the other layout.
  if ([height, width].some((side) => typeof side === 'number' && side <= 4)) return [];
  return [3, 1].map((count) => ({ layout, channels: count, told }));
}

function words({ name, shape }: OnnxEnd): string {
  const sides = shape?.map((side) => side ?? '?').join(' × ');
  return `"${name}"${sides ? ` of the shape ${sides}` : ', which is no picture'}`;
}
