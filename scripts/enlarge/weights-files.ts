/** The files of a diffusion model that was named on the command line: one file, or all of a folder. */

import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join, relative, resolve, sep } from 'node:path';

export interface WeightsPath {
  /** With the folder that was named in front, and with slashes; the file's name where none was. */
  readonly name: string;
  readonly path: string;
}

/** What a folder of a model holds beside weights that says something of them. */
const useful = /\.(safetensors|ckpt|pt|pth|bin|onnx|onnx_data\w*|data|weights|pb|json)$/i;

/** Throws where nothing is, and where a folder holds no weights. */
export function weightsFiles(path: string): WeightsPath[] {
  const whole = resolve(path);
  if (!existsSync(whole)) throw new Error(`There is nothing at "${path}" for --weights. Check the path.`);
  if (!statSync(whole).isDirectory()) return [{ name: basename(whole), path: whole }];
  const folder = basename(whole);
  const files = readdirSync(whole, { recursive: true, withFileTypes: true })
    .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && useful.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ name: [folder, ...relative(whole, file).split(sep)].join('/'), path: file }))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
  if (files.every(({ name }) => name.endsWith('.json')))
    throw new Error(`The folder "${path}" for --weights holds no weights files. Check the path.`);
  return files;
}
