/** Weights that were cut into several files (`model-00001-of-00002.safetensors`), found by their names and joined again. */

import type { TensorEntry, TensorTable } from './tensor-table.ts';

interface Shard {
  /** What the file would be called in one piece. */
  readonly whole: string;
  /** From 1. */
  readonly number: number;
  readonly of: number;
}

/** Null for a file that is no shard. */
export function shardOf(name: string): Shard | null {
  const [, stem = '', number = '', of = '', ending = ''] =
    /^(.+)-(\d{5})-of-(\d{5})(\.[^./\\]+)$/.exec(name) ?? [];
  return stem === '' ? null : { whole: stem + ending, number: Number(number), of: Number(of) };
}

/** The file's name, or that of the whole that it is a shard of. */
export function wholeName(name: string): string {
  return shardOf(name)?.whole ?? name;
}

/** The name of the first shard that is missing; null where all are there. `names` are of one whole. */
export function missingShard(names: readonly string[]): string | null {
  const shards = names.flatMap((name) => shardOf(name) ?? []);
  const [first] = shards;
  if (!first) return null;
  const digits = (number: number): string => String(number).padStart(5, '0');
  for (let number = 1; number <= first.of; number++) {
    if (shards.some((shard) => shard.number === number)) continue;
    return first.whole.replace(/(\.[^.]+)$/, `-${digits(number)}-of-${digits(first.of)}$1`);
  }
  return null;
}

/** All tensors over one Blob, one table behind the other; nothing is copied. */
export function joinTables(tables: readonly TensorTable[]): TensorTable {
  const tensors = new Map<string, TensorEntry>();
  let before = 0;
  for (const table of tables) {
    for (const entry of table.tensors.values()) {
      tensors.set(entry.name, { ...entry, offset: before + entry.offset });
    }
    before += table.blob.size;
  }
  return { blob: new Blob(tables.map(({ blob }) => blob)), tensors };
}
