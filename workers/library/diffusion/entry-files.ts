/** The files of kept entries, cut out of their bytes and named so that recipes and prompts can call them by the entries' names. */

import type { NamedBlob } from '../../../src/formats/weights-file.ts';
import type { DiffusionEntry } from '../../../src/models/diffusion-entry.ts';

/** With the checksum of the entry that it is of. */
export interface OwnedFile extends NamedBlob {
  readonly owner: string;
}

/**
 * A single file has its entry's name with its own ending; those of a folder lie in a folder of that name. Where two entries have one
 * name their ids stand before it. Nothing is read.
 */
export function filesOf(
  opened: readonly { readonly entry: DiffusionEntry; readonly bytes: Blob }[],
): readonly OwnedFile[] {
  const names = opened.map(({ entry }) => entry.name);
  return opened.flatMap(({ entry, bytes }) => {
    const plain = entry.name.replaceAll(/[/\\]/g, '-');
    const twice = names.indexOf(entry.name) !== names.lastIndexOf(entry.name);
    const stem = twice ? `${entry.id}/${plain}` : plain;
    let offset = 0;
    return entry.files.map(({ name, bytes: size }) => {
      const blob = bytes.slice(offset, offset + size);
      offset += size;
      const ending = /\.[^./\\]+$/.exec(name)?.[0] ?? '';
      const inside = name.replace(/^[^/]*\//, '');
      const path = entry.files.length === 1 ? `${stem}${ending}` : `${stem}/${inside}`;
      return { name: path, blob, owner: entry.sha256 };
    });
  });
}

/** The name, with a number where another entry has it: names say which file a recipe or a prompt means. */
export function distinctName(name: string, others: readonly Pick<DiffusionEntry, 'name'>[]): string {
  const plain = (one: string): string => one.replaceAll(/[/\\]/g, '-');
  const taken = new Set(others.map((other) => plain(other.name)));
  let distinct = name;
  for (let number = 2; taken.has(plain(distinct)); number++) distinct = `${name} ${number}`;
  return distinct;
}
