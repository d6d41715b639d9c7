/**
 * A pickle machine that can only build data: a closed list of opcodes, and no global is ever looked up or called
 * (globals.ts). https://github.com/python/cpython/blob/main/Lib/pickletools.py describes the opcodes.
 */

import { call, persistent } from './globals.ts';
import type { Dtype } from '../tensor-table.ts';
import { isKind, type PickleInert, type PickleValue } from './values.ts';

/** The bytes are no pickle that we take. Caught by the readers; never leaves this folder. */
export class BadPickle extends Error {}

/** The bytes end before the pickle does. */
export class PickleCut extends Error {}

/** A network of 5000 tensors takes some 150,000. Bounds time and memory. */
const mostSteps = 2_000_000;
const mostLongBytes = 64;

export interface Unpickled {
  readonly value: PickleValue;
  /** Of the first byte behind the pickle. */
  readonly end: number;
  /** What each storage holds of which it speaks, by key. */
  readonly storages: ReadonlyMap<string, Dtype | null>;
}

/** Runs the pickle that begins at `start`. Throws `BadPickle` and `PickleCut`. */
export function unpickle(bytes: Uint8Array<ArrayBuffer>, start = 0): Unpickled {
  return new Machine(bytes, start).run();
}

class Machine {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #view: DataView<ArrayBuffer>;
  readonly #storages = new Map<string, Dtype | null>();
  readonly #memo = new Map<number, PickleValue>();
  readonly #decoder = new TextDecoder();
  #at: number;
  #stack: PickleValue[] = [];
  /** The stacks below each mark. */
  readonly #below: PickleValue[][] = [];

  constructor(bytes: Uint8Array<ArrayBuffer>, start: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = start;
  }

  run(): Unpickled {
    for (let steps = 0; steps < mostSteps; steps++) {
      const opcode = this.#u8();
      if (opcode === 0x2e) {
        return { value: this.#pop(), end: this.#at, storages: this.#storages };
      }
      if (!this.#scalar(opcode) && !this.#container(opcode) && !this.#object(opcode)) {
        throw new BadPickle(`it uses the instruction 0x${opcode.toString(16).padStart(2, '0')}`);
      }
    }
    throw new BadPickle('it has too many instructions');
  }

  /** Numbers, text, bytes. */
  #scalar(opcode: number): boolean {
    const value = this.#scalarValue(opcode);
    if (value === undefined) return false;
    this.#stack.push(value);
    return true;
  }

  #scalarValue(opcode: number): PickleValue | undefined {
    switch (opcode) {
      case 0x4e: // NONE
        return null;
      case 0x88: // NEWTRUE
        return true;
      case 0x89: // NEWFALSE
        return false;
      case 0x4a: // BININT
        return this.#view.getInt32(this.#take(4), true);
      case 0x4b: // BININT1
        return this.#u8();
      case 0x4d: // BININT2
        return this.#view.getUint16(this.#take(2), true);
      case 0x8a: // LONG1
        return this.#long(this.#u8());
      case 0x8b: // LONG4
        return this.#long(this.#u32());
      case 0x47: // BINFLOAT
        return this.#view.getFloat64(this.#take(8), false);
      case 0x58: // BINUNICODE
      case 0x54: // BINSTRING
        return this.#text(this.#u32());
      case 0x8c: // SHORT_BINUNICODE
      case 0x55: // SHORT_BINSTRING
        return this.#text(this.#u8());
      case 0x8d: // BINUNICODE8
        return this.#text(this.#u64());
      case 0x42: // BINBYTES
        return this.#skip(this.#u32());
      case 0x43: // SHORT_BINBYTES
        return this.#skip(this.#u8());
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        return this.#skip(this.#u64());
      default:
        return undefined;
    }
  }

  /** Lists, dictionaries, the stack and the memo. */
  #container(opcode: number): boolean {
    switch (opcode) {
      case 0x80: // PROTO
        if (this.#u8() > 5) throw new BadPickle('its protocol is unknown');
        return true;
      case 0x95: // FRAME: only a hint for readers of streams
        this.#take(8);
        return true;
      case 0x28: // MARK
        this.#below.push(this.#stack);
        this.#stack = [];
        return true;
      case 0x31: // POP_MARK
        this.#popMark();
        return true;
      case 0x30: // POP
        this.#pop();
        return true;
      case 0x32: // DUP
        this.#stack.push(this.#top());
        return true;
      case 0x71: // BINPUT
        this.#memo.set(this.#u8(), this.#top());
        return true;
      case 0x72: // LONG_BINPUT
        this.#memo.set(this.#u32(), this.#top());
        return true;
      case 0x94: // MEMOIZE
        this.#memo.set(this.#memo.size, this.#top());
        return true;
      case 0x68: // BINGET
        return this.#get(this.#u8());
      case 0x6a: // LONG_BINGET
        return this.#get(this.#u32());
      case 0x5d: // EMPTY_LIST
      case 0x29: // EMPTY_TUPLE
      case 0x8f: // EMPTY_SET
        return this.#list([]);
      case 0x6c: // LIST
      case 0x74: // TUPLE
      case 0x91: // FROZENSET
        return this.#list(this.#popMark());
      case 0x85: // TUPLE1
        return this.#list([this.#pop()]);
      case 0x86: // TUPLE2
        return this.#list([this.#pop(), this.#pop()].reverse());
      case 0x87: // TUPLE3
        return this.#list([this.#pop(), this.#pop(), this.#pop()].reverse());
      case 0x61: // APPEND
        this.#extend([this.#pop()]);
        return true;
      case 0x65: // APPENDS
      case 0x90: // ADDITEMS
        this.#extend(this.#popMark());
        return true;
      case 0x7d: // EMPTY_DICT
        this.#stack.push({ kind: 'dict', items: new Map() });
        return true;
      case 0x64: {
        // DICT
        const pairs = this.#popMark();
        this.#stack.push({ kind: 'dict', items: new Map() });
        this.#setItems(pairs);
        return true;
      }
      case 0x73: // SETITEM
        this.#setItems([this.#pop(), this.#pop()].reverse());
        return true;
      case 0x75: // SETITEMS
        this.#setItems(this.#popMark());
        return true;
      default:
        return false;
    }
  }

  /** Everything that would run a program elsewhere. */
  #object(opcode: number): boolean {
    switch (opcode) {
      case 0x63: // GLOBAL
        this.#stack.push({ kind: 'global', name: `${this.#line()}.${this.#line()}` });
        return true;
      case 0x93: {
        // STACK_GLOBAL
        const [name, module] = [this.#pop(), this.#pop()];
        if (typeof name !== 'string' || typeof module !== 'string')
          throw new BadPickle('a global has no name');
        this.#stack.push({ kind: 'global', name: `${module}.${name}` });
        return true;
      }
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const args = this.#pop();
        this.#stack.push(call(this.#pop(), args));
        return true;
      }
      case 0x92: {
        // NEWOBJ_EX
        const [named, args] = [this.#pop(), this.#pop()];
        const made = call(this.#pop(), args);
        if (isKind(made, 'inert')) made.parts.push(named);
        this.#stack.push(made);
        return true;
      }
      case 0x62: {
        // BUILD: attributes of an object. Those of dictionaries and tensors are no weights.
        const state = this.#pop();
        const target = this.#top();
        if (isKind(target, 'inert')) target.parts.push(state);
        else if (isKind(target, 'global')) this.#replaceTop(inertOf(target.name, [state]));
        return true;
      }
      case 0x51: {
        // BINPERSID
        const value = persistent(this.#pop());
        if (isKind(value, 'storage')) this.#storages.set(value.key, value.dtype);
        this.#stack.push(value);
        return true;
      }
      default:
        return false;
    }
  }

  #list(items: PickleValue[]): true {
    this.#stack.push({ kind: 'list', items });
    return true;
  }

  #extend(items: readonly PickleValue[]): void {
    const target = this.#top();
    const list = isKind(target, 'list') ? target.items : isKind(target, 'inert') ? target.parts : null;
    if (!list) throw new BadPickle('items are added to something that is no list');
    for (const item of items) list.push(item);
  }

  #setItems(pairs: readonly PickleValue[]): void {
    const target = this.#top();
    if (pairs.length % 2 !== 0) throw new BadPickle('a key has no value');
    for (let index = 0; index < pairs.length; index += 2) {
      const [key, value] = [pairs[index], pairs[index + 1]];
      if (value === undefined) continue;
      if (isKind(target, 'inert')) target.parts.push(value);
      else if (!isKind(target, 'dict'))
        throw new BadPickle('an item is set in something that is no dictionary');
      else if (typeof key === 'string' || typeof key === 'number') target.items.set(key, value);
    }
  }

  #get(index: number): true {
    const value = this.#memo.get(index);
    if (value === undefined) throw new BadPickle('it refers to something that is not there');
    this.#stack.push(value);
    return true;
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined) throw new BadPickle('its stack is empty');
    return value;
  }

  #replaceTop(value: PickleValue): void {
    this.#stack[this.#stack.length - 1] = value;
  }

  #pop(): PickleValue {
    const value = this.#top();
    this.#stack.pop();
    return value;
  }

  #popMark(): PickleValue[] {
    const items = this.#stack;
    const below = this.#below.pop();
    if (!below) throw new BadPickle('it has an end without a beginning');
    this.#stack = below;
    return items;
  }

  /** Moves over so many bytes and gives where they begin. */
  #take(count: number): number {
    const at = this.#at;
    if (!(at + count <= this.#bytes.length)) throw new PickleCut('it is cut short');
    this.#at += count;
    return at;
  }

  #u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  #u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  #u64(): number {
    return Number(this.#view.getBigUint64(this.#take(8), true));
  }

  #text(length: number): string {
    const start = this.#take(length);
    return this.#decoder.decode(this.#bytes.subarray(start, start + length));
  }

  #skip(length: number): PickleValue {
    this.#take(length);
    return { kind: 'bytes' };
  }

  #line(): string {
    const end = this.#bytes.indexOf(10, this.#at);
    if (end < 0) throw new PickleCut('it is cut short');
    const line = this.#text(end - this.#at);
    this.#take(1);
    return line;
  }

  /** Two's complement, little-endian, of any length. */
  #long(length: number): number | bigint {
    if (length > mostLongBytes) throw new BadPickle('a number is too long');
    const start = this.#take(length);
    let value = 0n;
    for (let index = length - 1; index >= 0; index--) {
      value = (value << 8n) | BigInt(this.#view.getUint8(start + index));
    }
    const signed = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed;
  }
}

function inertOf(name: string, parts: PickleValue[]): PickleInert {
  return { kind: 'inert', name, tensor: false, parts };
}
