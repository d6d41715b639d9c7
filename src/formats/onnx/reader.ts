/**
 * Reads an ONNX file's header: its initializers as a tensor table, and where the parts of its graph lie.
 * Weights are not read; a 30 MB file costs some hundred kilobytes of reading. Weights in files beside it
 * ("external data") become ranges of one Blob that holds all of them.
 */

import { fail, ok, type Result } from '../../base/result.ts';
import { BlobWindow } from '../blob-window.ts';
import type { TensorEntry } from '../tensor-table.ts';
import { FieldWalker, Malformed, type Field } from './fields.ts';
import { readEnd, readPair } from './graph-fields.ts';
import type { ByteRange, OnnxEnd, OnnxHeader, OnnxStored } from './header.ts';
import { readInitializer } from './initializer.ts';
import { Beside, MissingFile, type OpenBeside } from './beside.ts';

const mostTensors = 100_000;

/**
 * `open` gives the file of that name beside this one. Failures: `model-damaged` for anything that is not a whole
 * ONNX file, `model-unsupported` where a file beside it is missing, and those of `open`.
 */
export async function readOnnx(blob: Blob, open?: OpenBeside): Promise<Result<OnnxHeader>> {
  try {
    return ok(await new Reader(blob, new Beside(blob, open)).read());
  } catch (thrown) {
    if (thrown instanceof MissingFile) return { ok: false, error: thrown.failure };
    if (thrown instanceof Malformed) {
      return fail(
        'model-damaged',
        `This is not a whole ONNX file: ${thrown.message}. Fetch the model again.`,
        {
          why: thrown.message,
        },
      );
    }
    if (thrown instanceof DOMException) {
      return fail('model-damaged', `The model file cannot be read (${thrown.name}). Fetch the model again.`);
    }
    throw thrown;
  }
}

class Reader {
  readonly #blob: Blob;
  readonly #fields: FieldWalker;
  readonly #beside: Beside;
  readonly #tensors = new Map<string, TensorEntry>();
  readonly #initializers = new Map<string, OnnxStored>();
  readonly #inputs: OnnxEnd[] = [];
  readonly #outputs: OnnxEnd[] = [];
  readonly #metadata = new Map<string, string>();
  readonly #head: ByteRange[] = [];
  readonly #nodeRanges: ByteRange[] = [];
  readonly #ends: ByteRange[] = [];
  readonly #others: ByteRange[] = [];
  #irVersion = 0;
  #opset = 0;
  #nodes = 0;
  #graphs = 0;

  constructor(blob: Blob, beside: Beside) {
    this.#blob = blob;
    this.#fields = new FieldWalker(new BlobWindow(blob));
    this.#beside = beside;
  }

  async read(): Promise<OnnxHeader> {
    await this.#fields.walk(0, this.#blob.size, async (field) => {
      if (field.number === 1) this.#irVersion = field.value;
      else if (field.number === 7) await this.#graph(nested(field));
      else if (field.number === 8) await this.#opsetImport(nested(field));
      else if (field.number === 14) {
        const [key, value] = await readPair(this.#fields, nested(field));
        this.#metadata.set(key, value);
      } else if (field.number === 25) extend(this.#head, field);
    });
    if (this.#graphs !== 1) throw new Malformed('it has no graph');
    return {
      table: { blob: this.#beside.joined(), tensors: this.#tensors },
      opset: this.#opset,
      inputs: this.#inputs.map(({ name }) => name),
      outputs: this.#outputs.map(({ name }) => name),
      nodes: this.#nodes,
      metadata: this.#metadata,
      graph: {
        irVersion: this.#irVersion,
        head: this.#head,
        nodes: this.#nodeRanges,
        ends: this.#ends,
        others: this.#others,
        initializers: [...this.#initializers.values()],
        inputs: this.#inputs.filter(({ name }) => !this.#initializers.has(name)),
        outputs: this.#outputs,
      },
      beside: this.#beside.names,
    };
  }

  async #opsetImport(message: Field): Promise<void> {
    extend(this.#head, message);
    let domain = '';
    let version = 0;
    await this.#fields.walk(message.start, message.end, async (field) => {
      if (field.number === 1) domain = await this.#fields.text(field);
      else if (field.number === 2) version = field.value;
    });
    if (domain === '' || domain === 'ai.onnx') this.#opset = version;
  }

  async #graph(message: Field): Promise<void> {
    if (++this.#graphs > 1) throw new Malformed('it has more than one graph');
    await this.#fields.walk(message.start, message.end, (field) => {
      if ([2, 11, 12].includes(field.number)) extend(this.#ends, nested(field));
      if (field.number === 1) {
        this.#nodes++;
        extend(this.#nodeRanges, nested(field));
      } else if (field.number === 5) return this.#initializer(nested(field));
      else if (field.number === 11) return this.#end(nested(field), this.#inputs);
      else if (field.number === 12) return this.#end(nested(field), this.#outputs);
      else if (field.number === 14 || field.number === 15) extend(this.#others, nested(field));
      return undefined;
    });
  }

  async #end(message: Field, ends: OnnxEnd[]): Promise<void> {
    ends.push(await readEnd(this.#fields, message));
  }

  async #initializer(message: Field): Promise<void> {
    const stored = await readInitializer(this.#fields, message, this.#beside);
    const { name, dtype, shape, data } = stored;
    if (this.#initializers.has(name)) throw new Malformed(`tensor "${name}" is there twice`);
    if (this.#initializers.size >= mostTensors) throw new Malformed('it has too many tensors');
    this.#initializers.set(name, stored);
    if (dtype === null || data === null) return;
    const { start, end } = data;
    this.#tensors.set(name, { name, dtype, shape, offset: start, bytes: end - start });
  }
}

function nested(field: Field): Field {
  if (field.wire !== 2) throw new Malformed('a field has the wrong type');
  return field;
}

/** Adds a whole field to the ranges; neighbours become one range. */
function extend(ranges: ByteRange[], { tag, end }: Field): void {
  const last = ranges.at(-1);
  if (last?.end === tag) ranges[ranges.length - 1] = { start: last.start, end };
  else ranges.push({ start: tag, end });
}
