/**
 * The protobuf wire format, writing side: a message is a list of byte pieces, so that large weights are
 * never copied before the last moment. https://protobuf.dev/programming-guides/encoding/
 */

export type Pieces = readonly Uint8Array<ArrayBuffer>[];

const encoder = new TextEncoder();

/** A non-negative safe integer, or a negative one as its 64-bit two's complement. */
export function varint(value: number): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  if (value < 0) {
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
    bytes.push(Number(rest));
  } else {
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
    bytes.push(rest);
  }
  return Uint8Array.from(bytes);
}

/** A field of wire type 0. */
export function integer(field: number, value: number): Pieces {
  return [varint(field * 8), varint(value)];
}

/** A field of wire type 5: one 32-bit float. */
export function float(field: number, value: number): Pieces {
  return [varint(field * 8 + 5), floatBytes([value])];
}

/** A field of wire type 2: bytes, or a message of its own. */
export function block(field: number, ...content: readonly Pieces[]): Pieces {
  const pieces = content.flat();
  return [varint(field * 8 + 2), varint(byteLength(pieces)), ...pieces];
}

export function text(field: number, value: string): Pieces {
  return block(field, [encoder.encode(value)]);
}

export function packedIntegers(field: number, values: readonly number[]): Pieces {
  return block(field, values.map(varint));
}

export function packedFloats(field: number, values: readonly number[]): Pieces {
  return block(field, [floatBytes(values)]);
}

function floatBytes(values: readonly number[]): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, index) => {
    view.setFloat32(4 * index, value, true);
  });
  return new Uint8Array(view.buffer);
}

function byteLength(pieces: Pieces): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** The finished message in one array. */
export function join(pieces: Pieces): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(byteLength(pieces));
  let position = 0;
  for (const piece of pieces) {
    bytes.set(piece, position);
    position += piece.length;
  }
  return bytes;
}
