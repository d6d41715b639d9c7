/** Tensors under other names: nothing is copied, entries keep their bytes in the same Blob. */

import type { TensorEntry, TensorTable } from '../../../formats/tensor-table.ts';

/** The entries that stand for one: under another name, as another shape of the same bytes, or as parts of it. */
export type Move = (entry: TensorEntry) => readonly TensorEntry[];

/** The table after a move of each tensor, over the same bytes; of equal names the later one stays. */
export function moved(table: TensorTable, move: Move): TensorTable {
  const tensors = new Map<string, TensorEntry>();
  for (const entry of table.tensors.values()) {
    for (const made of move(entry)) tensors.set(made.name, made);
  }
  return { blob: table.blob, tensors };
}

/** The tensors whose names begin so, without that beginning. */
export function under(table: TensorTable, prefix: string): TensorTable {
  return moved(table, (entry) =>
    entry.name.startsWith(prefix) ? [{ ...entry, name: entry.name.slice(prefix.length) }] : [],
  );
}

/** Equal parts along the first dimension, one for each name; the tensor itself where it has no such parts. */
export function split(entry: TensorEntry, names: readonly string[]): TensorEntry[] {
  const [rows = 0, ...more] = entry.shape;
  if (rows % names.length !== 0) return [entry];
  const bytes = entry.bytes / names.length;
  return names.map((name, part) => ({
    name,
    dtype: entry.dtype,
    shape: [rows / names.length, ...more],
    offset: entry.offset + part * bytes,
    bytes,
  }));
}

/** The first pattern that fits decides; a name that none fits stays. */
export function replaced(name: string, rules: readonly (readonly [RegExp, string])[]): string {
  const rule = rules.find(([pattern]) => pattern.test(name));
  return rule ? name.replace(rule[0], rule[1]) : name;
}
