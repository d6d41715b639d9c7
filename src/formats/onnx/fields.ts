/** The protobuf wire format, reading side: walks the fields of a message in a Blob, header by header. */

import type { BlobWindow } from '../blob-window.ts';

export interface Field {
  readonly number: number;
  /** Where the field begins, with its tag. */
  readonly tag: number;
  /** 0: `value`. 1, 2, 5: the bytes `start` to `end`. */
  readonly wire: 0 | 1 | 2 | 5;
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

/** The bytes are not what the format allows. Caught by the reader; never leaves this folder. */
export class Malformed extends Error {}

/** A tag and a length: two varints of at most ten bytes. */
const headerBytes = 20;
/** A file of more fields than any network has would keep us busy for nothing. */
const mostFields = 1_000_000;

export class FieldWalker {
  readonly #window: BlobWindow;
  #fields = 0;

  constructor(window: BlobWindow) {
    this.#window = window;
  }

  /** Calls `visit` for each field of the message that lies at `start` to `end`. */
  async walk(start: number, end: number, visit: (field: Field) => Promise<void> | void): Promise<void> {
    let position = start;
    while (position < end) {
      if (++this.#fields > mostFields) throw new Malformed('it has too many fields');
      if (!this.#window.holds(position, headerBytes)) await this.#window.load(position, headerBytes);
      const field = parseField(this.#window.view(position, headerBytes), position, end);
      const pending = visit(field);
      if (pending) await pending;
      position = field.end;
    }
  }

  /** Bytes of a field that must be small. */
  async bytes(field: Field, most: number): Promise<Uint8Array<ArrayBuffer>> {
    const length = field.end - field.start;
    if (field.wire !== 2 || length > most) throw new Malformed('a field has the wrong type or size');
    await this.#window.load(field.start, length);
    return this.#window.view(field.start, length);
  }

  async text(field: Field): Promise<string> {
    return new TextDecoder().decode(await this.bytes(field, 4096));
  }

  /** Integers, packed or one at a time. */
  async integers(field: Field, most: number): Promise<number[]> {
    if (field.wire === 0) return [field.value];
    const bytes = await this.bytes(field, most * 10);
    const values: number[] = [];
    for (let position = 0; position < bytes.length;) {
      const { value, length } = parseVarint(bytes, position);
      values.push(value);
      position += length;
    }
    return values;
  }
}

function parseField(header: Uint8Array, position: number, end: number): Field {
  const first = parseVarint(header, 0);
  const number = Math.floor(first.value / 8);
  const wire = first.value % 8;
  if (number === 0) throw new Malformed('a field has no number');
  const start = position + first.length;
  if (wire === 0) {
    const { value, length } = parseVarint(header, first.length);
    return bounded({ number, tag: position, wire, value, start, end: start + length }, end);
  }
  if (wire === 2) {
    const { value, length } = parseVarint(header, first.length);
    return bounded(
      { number, tag: position, wire, value: 0, start: start + length, end: start + length + value },
      end,
    );
  }
  if (wire === 1 || wire === 5) {
    return bounded({ number, tag: position, wire, value: 0, start, end: start + (wire === 1 ? 8 : 4) }, end);
  }
  throw new Malformed('a field has an unknown type');
}

function bounded(field: Field, end: number): Field {
  if (!(field.end <= end)) throw new Malformed('a field reaches beyond its end');
  return field;
}

/** Values beyond 2^53 come back rounded: no length or dimension that large passes the later checks. */
function parseVarint(bytes: Uint8Array, position: number): { value: number; length: number } {
  let value = 0;
  for (let length = 0; length < 10; length++) {
    const byte = bytes[position + length];
    if (byte === undefined) throw new Malformed('it ends in the middle of a number');
    value += (byte & 127) * 2 ** (7 * length);
    if (byte < 128) return { value, length: length + 1 };
  }
  throw new Malformed('a number is too long');
}
