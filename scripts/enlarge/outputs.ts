/** Where results go: the file that was named, or names in a folder that overwrite neither one another nor an input. */

import { existsSync, statSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
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

/** Throws with a sentence for people when `out` cannot take the results of `inputs`. */
export function outputsFor(out: string, inputs: readonly string[]): Outputs {
  const folder = /[/\\]$/.test(out) || (existsSync(out) && statSync(out).isDirectory());
  if (folder) {
    const taken = inputs
      .filter((input) => resolve(dirname(input)) === resolve(out))
      .map((input) => basename(input));
    return {
      format: 'png',
      pathFor: (input, source, result) => {
        const name = uniqueName(resultName(basename(input), source, result, 'png'), taken);
        taken.push(name);
        return join(out, name);
      },
    };
  }
  if (inputs.length > 1) throw new Error(`${inputs.length} inputs need a folder: end --out with a "/".`);
  if (inputs.some((input) => sameFile(input, out))) {
    throw new Error(`"${out}" is the input itself, which would be lost. Choose another name for --out.`);
  }
  const format = formats[extname(out).toLowerCase()];
  if (!format) throw new Error(`"${out}" should end with .png, .jpg or .webp (or with "/" for a folder).`);
  return { format, pathFor: () => out };
}

/** Links, and a file system that tells no capitals, are seen through. */
function sameFile(one: string, other: string): boolean {
  if (resolve(one) === resolve(other)) return true;
  const [first, second] = [one, other].map((path) => statSync(path, { throwIfNoEntry: false }));
  return first !== undefined && second !== undefined && first.ino === second.ino && first.dev === second.dev;
}
