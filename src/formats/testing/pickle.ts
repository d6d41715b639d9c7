/** Writes pickles and PyTorch files for tests: what `torch.save` writes, and what only an attacker would. */

import { zipOf, type ZipMember } from './zip.ts';

/** One after another: bytes, or an opcode's letter. */
export function pickleOf(
  ...parts: readonly (string | number | readonly number[])[]
): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === 'number'
        ? [part]
        : typeof part === 'string'
          ? [...new TextEncoder().encode(part)]
          : part,
    ),
  );
}

export function text(value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  return [0x58, ...u32(bytes.length), ...bytes];
}

/** An integer of up to 53 bits. */
export function integer(value: number): number[] {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigInt64(0, BigInt(value), true);
  return [0x8a, 8, ...new Uint8Array(view.buffer)];
}

export function tuple(values: readonly number[]): number[] {
  return [0x28, ...values.flatMap(integer), 0x74];
}

export function global(module: string, name: string): number[] {
  return [...new TextEncoder().encode(`c${module}\n${name}\n`)];
}

export interface TestTensor {
  readonly name: string;
  readonly key: string;
  readonly shape: readonly number[];
  readonly strides?: readonly number[];
  readonly offset?: number;
  readonly storage?: string;
}

/** The opcodes that make one tensor. */
export function tensorCode({
  key,
  shape,
  strides,
  offset = 0,
  storage = 'FloatStorage',
}: TestTensor): number[] {
  const rows = shape.map((_, index) => shape.slice(index + 1).reduce((product, side) => product * side, 1));
  const id = [
    0x28,
    ...text('storage'),
    ...global('torch', storage),
    ...text(key),
    ...text('cpu'),
    ...integer(1),
    0x74,
  ];
  const args = [
    0x28,
    ...id,
    0x51,
    ...integer(offset),
    ...tuple(shape),
    ...tuple(strides ?? rows),
    0x89,
    0x4e,
    0x74,
  ];
  return [...global('torch._utils', '_rebuild_tensor_v2'), ...args, 0x52];
}

/** A dictionary of tensors; `extra` are more keys and values as opcodes. */
export function stateCode(tensors: readonly TestTensor[], extra: readonly number[] = []): number[] {
  return [
    0x7d,
    0x28,
    ...tensors.flatMap((tensor) => [...text(tensor.name), ...tensorCode(tensor)]),
    ...extra,
    0x75,
  ];
}

/** A file as PyTorch writes it since 1.6, around this pickle. */
export async function pthOf(
  code: readonly number[],
  storages: Readonly<Record<string, Uint8Array<ArrayBuffer>>>,
  options: {
    readonly packed?: boolean;
    readonly byteorder?: string;
    readonly wide?: boolean;
    readonly move?: number;
  } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { packed = false, byteorder = 'little', wide = false, move = 0 } = options;
  const members: ZipMember[] = [
    { name: 'archive/data.pkl', data: pickleOf(0x80, 2, code, '.'), packed },
    { name: 'archive/byteorder', data: new TextEncoder().encode(byteorder) },
    ...Object.entries(storages).map(([key, data]) => ({
      name: `archive/data/${key}`,
      data,
      packed,
      padding: 5,
    })),
  ];
  return zipOf(members, { wide, move });
}

function u32(value: number): number[] {
  return [value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255];
}
