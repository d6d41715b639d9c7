/** The numbers of a foreign network's ends: from RGB of 0 to 1 to what it takes, and from what it gives to RGB. */

import type { ForeignEnd } from './foreign.ts';

/** A map of channels: `weights` [outputs, inputs] row by row, and what is added. */
export interface ChannelMap {
  readonly outputs: number;
  readonly inputs: number;
  readonly weights: readonly number[];
  readonly bias: readonly number[];
}

/** Values of a range are 0 to 1 times `factor`, plus `base`. */
export const rangeValues: Readonly<Record<ForeignEnd['range'], { factor: number; base: number }>> = {
  unit: { factor: 1, base: 0 },
  byte: { factor: 255, base: 0 },
  signed: { factor: 2, base: -1 },
};

/** Rec. 601, as the programs that train grey networks take it. */
const luma = [0.299, 0.587, 0.114] as const;

function weightsOf(rows: readonly (readonly number[])[], bias: readonly number[]): ChannelMap {
  return { outputs: rows.length, inputs: rows[0]?.length ?? 0, weights: rows.flat(), bias };
}

/** The picture's brightness. */
export const lumaWeights = weightsOf([luma], [0]);

/** RGB to what the network takes. Whole numbers are made by cutting off, so half is added first. */
export function intoNetwork({ channels, range, order, dtype }: ForeignEnd): ChannelMap {
  const { factor, base } = rangeValues[range];
  const rounding = dtype === 'u8' ? 0.5 : 0;
  const rows = channels === 1 ? [luma] : permutation(order);
  const scaled = rows.map((row) => row.map((weight) => weight * factor));
  const bias = scaled.map(() => base + rounding);
  if (channels < 4) return weightsOf(scaled, bias);
  return weightsOf([...scaled, [0, 0, 0]], [...bias, factor + base + rounding]);
}

/** What the network gives to RGB; alpha is left out, grey becomes three equal planes. */
export function fromNetwork({ channels, range, order }: ForeignEnd): ChannelMap {
  const { factor, base } = rangeValues[range];
  const rows = channels === 1 ? [[1], [1], [1]] : permutation(order);
  const scaled = rows.map((row) => {
    const values = row.map((weight) => weight / factor);
    return channels === 4 ? [...values, 0] : values;
  });
  return weightsOf(
    scaled,
    [0, 1, 2].map(() => -base / factor),
  );
}

/** A linear filter for a transposed convolution with a stride of `scale`. */
export function kernelOf(scale: number): { side: number; pad: number; weights: readonly number[] } {
  const side = 2 * scale - (scale % 2);
  const middle = (side - 1) / 2;
  const line = Array.from({ length: side }, (_, at) => 1 - Math.abs(at - middle) / scale);
  const pad = Math.ceil((scale - 1) / 2);
  return { side, pad, weights: line.flatMap((y) => line.map((x) => x * y)) };
}

function permutation(order: ForeignEnd['order']): readonly (readonly number[])[] {
  const rgb = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  return order === 'rgb' ? rgb : rgb.reverse();
}
