/** The files beside an ONNX file that hold its weights: found by the names that the tensors tell, and joined to one Blob. */

import type { Failure } from '../../base/errors.ts';
import { failure, type Result } from '../../base/result.ts';
import { Malformed } from './fields.ts';
import type { ByteRange } from './header.ts';

/** The file of that name, or null where there is none. */
export type OpenBeside = (name: string) => Promise<Result<Blob> | null>;

/** Not a whole model, because of a file that is not there. Caught by the reader; never leaves this folder. */
export class MissingFile extends Error {
  readonly failure: Failure;

  constructor(error: Failure) {
    super(error.message);
    this.failure = error;
  }
}

/** Names of files of bare numbers, as exporters call what they put beside a graph. */
export const besideName = /\.(pb|data|weights|onnx_data\w*)$/i;

export class Beside {
  readonly #main: Blob;
  readonly #open: OpenBeside;
  /** By the name in the file: the Blob, and where it begins in the joined one. */
  readonly #files = new Map<string, { readonly blob: Blob; readonly start: number }>();
  #end: number;

  constructor(main: Blob, open: OpenBeside = () => Promise.resolve(null)) {
    this.#main = main;
    this.#open = open;
    this.#end = main.size;
  }

  get names(): readonly string[] {
    return [...this.#files.keys()];
  }

  /** Where a tensor of so many bytes lies in the joined Blob. `entries` are its `external_data`. */
  async place(
    tensor: string,
    entries: ReadonlyMap<string, string>,
    bytes: number | null,
  ): Promise<ByteRange> {
    const location = entries.get('location') ?? '';
    const { blob, start } = this.#files.get(location) ?? (await this.#add(location));
    const offset = number(entries.get('offset') ?? '0', tensor);
    const told = entries.get('length');
    const length = told === undefined ? (bytes ?? blob.size - offset) : number(told, tensor);
    if (bytes !== null && length !== bytes) throw new Malformed(`tensor "${tensor}" has the wrong size`);
    if (length < 0 || offset + length > blob.size) {
      throw new Malformed(`tensor "${tensor}" lies beyond the end of "${location}"`);
    }
    return { start: start + offset, end: start + offset + length };
  }

  /** The file, and those beside it behind it: a handle, not a copy. */
  joined(): Blob {
    if (this.#files.size === 0) return this.#main;
    return new Blob([this.#main, ...[...this.#files.values()].map(({ blob }) => blob)]);
  }

  async #add(location: string): Promise<{ readonly blob: Blob; readonly start: number }> {
    const opened = await this.#open(location);
    if (opened === null) throw new MissingFile(missing(location));
    if (!opened.ok) throw new MissingFile(opened.error);
    const file = { blob: opened.value, start: this.#end };
    this.#end += opened.value.size;
    this.#files.set(location, file);
    return file;
  }
}

function number(text: string, tensor: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new Malformed(`tensor "${tensor}" lies nowhere`);
  return value;
}

function missing(location: string): Failure {
  return failure(
    'model-unsupported',
    `This ONNX file keeps its weights in another file, "${location}", which is missing. Choose both files together.`,
    { reason: 'half-pair', file: location },
  );
}
