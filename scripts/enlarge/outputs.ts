/** Where results go: the file that was named, or names in a folder that never overwrite one another. */

import { existsSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import type { Size } from '../../src/picture/geometry.ts';
import type { SaveFormat } from '../../src/protocol/codec.ts';
import { resultName, uniqueName } from '../../src/recipes/file-name.ts';

const formats: Readonly<Record<string, SaveFormat>> = {
  '.png': 'png',
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.webp': 'webp',
};

export interface Outputs {
  readonly format: SaveFormat;
  /** The path of the next result. */
  pathFor(input: string, source: Size, result: Size): string;
}

/** Throws with a sentence for people when `out` cannot take `count` results. */
export function outputsFor(out: string, count: number): Outputs {
  const folder = /[/\\]$/.test(out) || (existsSync(out) && statSync(out).isDirectory());
  if (folder) {
    const taken: string[] = [];
    return {
      format: 'png',
      pathFor: (input, source, result) => {
        const name = uniqueName(resultName(basename(input), source, result, 'png'), taken);
        taken.push(name);
        return join(out, name);
      },
    };
  }
  if (count > 1) throw new Error(`${count} inputs need a folder: end --out with a "/".`);
  const format = formats[extname(out).toLowerCase()];
  if (!format) throw new Error(`"${out}" should end with .png, .jpg or .webp (or with "/" for a folder).`);
  return { format, pathFor: () => out };
}
