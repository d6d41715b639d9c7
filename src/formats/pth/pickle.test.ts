import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { global, integer, pickleOf, text } from '../testing/pickle.ts';
import { collectTensors } from './collect.ts';
import { BadPickle, PickleCut, unpickle } from './pickle.ts';

const opcodes = [
  ...'.(10NJKM2GXTUBC]le)ta}dsucRbQqrhj',
  ...[0x80, 0x81, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f],
  ...[0x90, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96],
];

describe('the pickle machine', () => {
  it('builds data', () => {
    const bytes = pickleOf(0x80, 2, ']q', 0, '(', integer(-5), 'K', 7, 0x88, text('é'), 'h', 0, 'e.', 'rest');
    const { value, end } = unpickle(bytes);
    expect(end).toBe(bytes.length - 4);
    expect(value).toMatchObject({ kind: 'list', items: [-5, 7, true, 'é', { kind: 'list' }] });
  });

  it('keeps numbers that are too large exact', () => {
    const magic = [0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];
    expect(unpickle(pickleOf(0x80, 2, magic, '.')).value).toBe(0x1950a86a20f9469cfc6cn);
  });

  it('never runs what it is told to', () => {
    const attack = pickleOf(global('os', 'system'), text('touch /tmp/owned'), 0x85, 'R.');
    expect(unpickle(attack).value).toEqual({
      kind: 'inert',
      name: 'os.system',
      tensor: false,
      parts: ['touch /tmp/owned'],
    });
    // Nor what placeholders are called with, built from or made of.
    const chain = pickleOf(global('builtins', 'getattr'), ')R', ')R', '}b', ')', 0x81, '.');
    expect(unpickle(chain).value).toMatchObject({ kind: 'inert', name: 'builtins.getattr' });
  });

  it('keeps names that JavaScript has a meaning for as plain keys', () => {
    const { value } = unpickle(
      pickleOf('}', text('__proto__'), 'K', 1, 's', text('constructor'), 'K', 2, 's.'),
    );
    expect(value).toMatchObject({
      kind: 'dict',
      items: new Map([
        ['__proto__', 1],
        ['constructor', 2],
      ]),
    });
  });

  it.each([
    ['an instruction outside the list', pickleOf('i', 'os\nsystem\n', '.'), BadPickle],
    ['extensions', pickleOf(0x82, 1, '.'), BadPickle],
    ['an empty stack', pickleOf('0.'), BadPickle],
    ['an end without a beginning', pickleOf('t.'), BadPickle],
    ['something that is not there', pickleOf('h', 3, '.'), BadPickle],
    ['a protocol of the future', pickleOf(0x80, 9, '.'), BadPickle],
    ['items for a number', pickleOf('K', 1, 'K', 2, 'a.'), BadPickle],
    ['a text beyond the end', pickleOf('X', [255, 255, 255, 255], 'abc'), PickleCut],
    ['no end', pickleOf(']'), PickleCut],
  ])('refuses %s', (_, bytes, error) => {
    expect(() => unpickle(bytes)).toThrow(error);
  });

  it('stops after so many steps', () => {
    expect(() => unpickle(new Uint8Array(3_000_000).fill(0x29))).toThrow(BadPickle);
  });

  it('throws nothing else, whatever it is given', () => {
    const byte = fc.oneof(fc.constantFrom(...opcodes), fc.nat(255), fc.constantFrom(0, 1, 2, 10));
    const piece = fc.oneof(
      byte.map((one) => pickleOf(one)),
      fc.constantFrom(pickleOf(text('storage')), pickleOf(integer(3)), pickleOf('}'), pickleOf('(')),
      fc
        .constantFrom('_rebuild_tensor_v2', '_rebuild_parameter')
        .map((name) => pickleOf(global('torch._utils', name))),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        try {
          collectTensors(unpickle(pickleOf(...pieces.map((one) => [...one]), '.')).value);
        } catch (thrown) {
          if (!(thrown instanceof BadPickle || thrown instanceof PickleCut)) throw thrown;
        }
      }),
      { numRuns: 3000 },
    );
  });
});

describe('collecting', () => {
  it('survives structures that hold themselves', () => {
    const { value } = unpickle(pickleOf(']q', 0, '(', 'h', 0, 'h', 0, 'e.'));
    expect(() => collectTensors(value)).toThrow(BadPickle);
  });

  it('survives structures that double at every level', () => {
    const levels = Array.from({ length: 60 }, () => [0x71, 1, 0x30, 0x68, 1, 0x68, 1, 0x86]).flat();
    expect(() => collectTensors(unpickle(pickleOf(']', levels, '.')).value)).toThrow(BadPickle);
  });
});
