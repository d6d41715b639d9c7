/** Tensors whose values do not lie in row-major order, copied once into that order. */

type Values =
  Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | BigUint64Array<ArrayBuffer>;

/** How many values of the storage a tensor reaches over, from its first one; 0 for an empty tensor. */
export function spanOf(shape: readonly number[], strides: readonly number[]): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((span, side, index) => span + (side - 1) * (strides[index] ?? 0), 1);
}

/** Whether values follow each other row by row, without gaps. Strides of sides of 1 do not count. */
export function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  if (shape.includes(0)) return true;
  let expected = 1;
  for (let index = shape.length - 1; index >= 0; index--) {
    const side = shape[index] ?? 1;
    if (side !== 1 && strides[index] !== expected) return false;
    expected *= side;
  }
  return true;
}

/** `span` holds the values that the tensor reaches over; `width` is 1, 2, 4 or 8 bytes. The result is row-major. */
export function inRowOrder(
  span: ArrayBuffer,
  shape: readonly number[],
  strides: readonly number[],
  width: number,
): Uint8Array<ArrayBuffer> {
  const from = valuesOf(span, width);
  const count = shape.reduce((product, side) => product * side, 1);
  const to = valuesOf(new ArrayBuffer(count * width), width);
  const last = shape.length - 1;
  const [run, step] = [shape[last] ?? 1, strides[last] ?? 0];
  const index = shape.map(() => 0);
  let start = 0;
  for (let at = 0; at < count; at += run) {
    for (let i = 0; i < run; i++) to[at + i] = from[start + i * step] as number;
    // The next row: count up the other dimensions, the last one fastest.
    for (let dimension = last - 1; dimension >= 0; dimension--) {
      const stride = strides[dimension] ?? 0;
      const next = (index[dimension] ?? 0) + 1;
      start += stride;
      if (next < (shape[dimension] ?? 1)) {
        index[dimension] = next;
        break;
      }
      start -= next * stride;
      index[dimension] = 0;
    }
  }
  return new Uint8Array(to.buffer);
}

function valuesOf(buffer: ArrayBuffer, width: number): Values {
  if (width === 1) return new Uint8Array(buffer);
  if (width === 2) return new Uint16Array(buffer);
  return width === 4 ? new Uint32Array(buffer) : new BigUint64Array(buffer);
}
