/** The files of a diffusion model that was named on the command line: one file, or all of a folder. */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, relative, resolve, sep } from 'node:path';

export interface WeightsPath {
  /** The path inside the folder, with slashes; the file's name where no folder was named. */
  readonly name: string;
  readonly path: string;
}

/** What a folder of a model holds beside weights that says something of them. */
const useful = /\.(safetensors|ckpt|pt|pth|bin|onnx|onnx_data|json)$/i;

/** Throws where nothing is. */
export function weightsFiles(path: string): WeightsPath[] {
  const whole = resolve(path);
  if (!existsSync(whole)) throw new Error(`There is nothing at "${path}" for --weights. Check the path.`);
  if (!statSync(whole).isDirectory()) return [{ name: basename(whole), path: whole }];
  return readdirSync(whole, { recursive: true, withFileTypes: true })
    .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && useful.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ name: relative(whole, file).split(sep).join('/'), path: file }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}
