/**
 * Weights in 8 and 4 bits: matrices in blocks of inputs that share a scale, as onnxruntime's MatMulNBits takes them
 * (https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MatMulNBits), convolutions in
 * 8 bits with a scale for each output.
 */

import { invariant } from '../../base/assert.ts';
import { fromHalf, toHalf } from '../../formats/float16.ts';
import type { PackedBits } from '../packed.ts';

export interface NBits {
  /** [outputs, blocks, block * bits / 8]; of two 4-bit values in a byte the first is in its low half. */
  readonly packed: Uint8Array<ArrayBuffer>;
  /** [outputs, blocks]; a value is (integer - zero) * scale. Bit patterns of halves. */
  readonly scales: Uint16Array<ArrayBuffer>;
  /** [outputs, ceil(blocks * bits / 8)], packed as the values are; null for the middle, 8 or 128. */
  readonly zeros: Uint8Array<ArrayBuffer> | null;
}

export interface NBitsForm {
  readonly bits: PackedBits;
  /** Inputs that share a scale: 16, 32, 64 and so on, and a divisor of all inputs. */
  readonly block?: number;
  /** Around zero, or between the least and the largest value of each block. */
  readonly symmetric?: boolean;
}

/** Quantises rows of finite values [outputs, inputs], none beyond what half precision holds. */
export function quantiseMatrix(
  values: Float32Array,
  inputs: number,
  { bits, block = 32, symmetric = true }: NBitsForm,
): NBits {
  const [blocks, outputs] = [inputs / block, values.length / inputs];
  invariant(Number.isInteger(blocks) && Number.isInteger(outputs), 'Rows are whole blocks');
  const packed = new Uint8Array((values.length * bits) / 8);
  const scales = new Uint16Array(outputs * blocks);
  const zeroRow = Math.ceil((blocks * bits) / 8);
  const zeros = symmetric ? null : new Uint8Array(outputs * zeroRow);
  const [middle, last] = [2 ** (bits - 1), 2 ** bits - 1];
  for (let index = 0; index < scales.length; index++) {
    const start = index * block;
    const { half, scale, zero } = rangeOf(values, start, start + block, middle, symmetric);
    scales[index] = half;
    const [row, column] = [Math.floor(index / blocks), index % blocks];
    if (zeros) put(zeros, row * zeroRow, column, bits, zero);
    for (let i = start; i < start + block; i++) {
      const integer = scale === 0 ? zero : Math.round((values[i] as number) / scale) + zero;
      put(packed, 0, i, bits, Math.min(last, Math.max(0, integer)));
    }
  }
  return { packed, scales, zeros };
}

function put(bytes: Uint8Array, start: number, index: number, bits: PackedBits, value: number): void {
  if (bits === 8) bytes[start + index] = value;
  else
    bytes[start + (index >> 1)] =
      (bytes[start + (index >> 1)] as number) | (value << (index % 2 === 0 ? 0 : 4));
}

/**
 * Symmetric: the value of the largest magnitude becomes the least integer, whatever its sign, so that no integer is
 * spared. The integers are made with the scale as it is stored, so that its rounding costs little.
 */
function rangeOf(
  values: Float32Array,
  from: number,
  to: number,
  middle: number,
  symmetric: boolean,
): { readonly half: number; readonly scale: number; readonly zero: number } {
  let [least, most] = [0, 0];
  for (let i = from; i < to; i++) {
    const value = values[i] as number;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const wanted = symmetric ? (most > -least ? most : least) / -middle : (most - least) / (2 * middle - 1);
  const half = toHalf(wanted);
  const scale = fromHalf(half);
  const zero = symmetric || scale === 0 ? middle : Math.round(-least / scale);
  return { half, scale, zero: Math.min(2 * middle - 1, zero) };
}

/** The values that the integers stand for: [outputs, inputs]. Scales may be singles too. */
export function dequantiseMatrix(
  { packed, scales, zeros }: Omit<NBits, 'scales'> & { readonly scales: Uint16Array | Float32Array },
  inputs: number,
  bits: PackedBits,
): Float32Array<ArrayBuffer> {
  const count = (packed.length * 8) / bits;
  const block = count / scales.length;
  const blocks = inputs / block;
  const zeroRow = Math.ceil((blocks * bits) / 8);
  const take = (bytes: Uint8Array, start: number, index: number): number =>
    bits === 8
      ? (bytes[start + index] as number)
      : ((bytes[start + (index >> 1)] as number) >> (index % 2 === 0 ? 0 : 4)) & 15;
  const values = new Float32Array(count);
  for (let index = 0; index < scales.length; index++) {
    const stored = scales[index] as number;
    const scale = scales instanceof Uint16Array ? fromHalf(stored) : stored;
    const zero = zeros ? take(zeros, Math.floor(index / blocks) * zeroRow, index % blocks) : 2 ** (bits - 1);
    for (let i = index * block; i < (index + 1) * block; i++) values[i] = (take(packed, 0, i) - zero) * scale;
  }
  return values;
}

export interface ChannelBits {
  /** -127 to 127, in the shape of the weights. */
  readonly integers: Int8Array<ArrayBuffer>;
  /** One an output. */
  readonly scales: Float32Array<ArrayBuffer>;
}

/** Quantises the weights of a convolution [outputs, ...] to 8 bits around zero. */
export function quantiseChannels(values: Float32Array, outputs: number): ChannelBits {
  const each = values.length / outputs;
  const integers = new Int8Array(values.length);
  const scales = new Float32Array(outputs);
  for (let output = 0; output < outputs; output++) {
    let most = 0;
    for (let i = output * each; i < (output + 1) * each; i++)
      most = Math.max(most, Math.abs(values[i] as number));
    scales[output] = most / 127;
    const scale = scales[output] as number;
    if (scale === 0) continue;
    for (let i = output * each; i < (output + 1) * each; i++) {
      integers[i] = Math.max(-127, Math.min(127, Math.round((values[i] as number) / scale)));
    }
  }
  return { integers, scales };
}

/** The values that the integers stand for, in the same order. */
export function dequantiseChannels({ integers, scales }: ChannelBits): Float32Array<ArrayBuffer> {
  const each = integers.length / scales.length;
  const values = new Float32Array(integers.length);
  for (let i = 0; i < values.length; i++) {
    values[i] = (integers[i] as number) * (scales[Math.floor(i / each)] as number);
  }
  return values;
}
