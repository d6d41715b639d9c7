/**
 * Reads an ONNX file's header: its initializers as a tensor table, and what the graph says of itself.
 * Weights are not read; a 30 MB file costs some hundred kilobytes of reading.
 */

import { fail, ok, type Result } from '../../base/result.ts';
import { BlobWindow } from '../blob-window.ts';
import { dtypeBytes, valueCount } from '../tensor-bytes.ts';
import type { Dtype, TensorEntry, TensorTable } from '../tensor-table.ts';
import { FieldWalker, Malformed, type Field } from './fields.ts';
import { onnxType } from './model.ts';

export interface OnnxHeader {
  /** The initializers. Their bytes lie in the file itself. */
  readonly table: TensorTable;
  readonly opset: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: number;
  readonly metadata: ReadonlyMap<string, string>;
}

const mostSides = 8;
const mostTensors = 100_000;

const dtypeOf: ReadonlyMap<number, Dtype> = new Map(
  (Object.keys(onnxType) as Dtype[]).map((dtype) => [onnxType[dtype], dtype]),
);

/** Failures: `model-damaged` for anything that is not a whole ONNX file of tensors that we know. */
export async function readOnnx(blob: Blob): Promise<Result<OnnxHeader>> {
  try {
    return ok(await new Reader(blob).read());
  } catch (thrown) {
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
  readonly #tensors = new Map<string, TensorEntry>();
  readonly #inputs: string[] = [];
  readonly #outputs: string[] = [];
  readonly #metadata = new Map<string, string>();
  #opset = 0;
  #nodes = 0;
  #graphs = 0;

  constructor(blob: Blob) {
    this.#blob = blob;
    this.#fields = new FieldWalker(new BlobWindow(blob));
  }

  async read(): Promise<OnnxHeader> {
    await this.#fields.walk(0, this.#blob.size, async (field) => {
      if (field.number === 7) await this.#graph(nested(field));
      else if (field.number === 8) await this.#opsetImport(nested(field));
      else if (field.number === 14) await this.#metadataEntry(nested(field));
    });
    if (this.#graphs !== 1) throw new Malformed('it has no graph');
    return {
      table: { blob: this.#blob, tensors: this.#tensors },
      opset: this.#opset,
      inputs: this.#inputs,
      outputs: this.#outputs,
      nodes: this.#nodes,
      metadata: this.#metadata,
    };
  }

  async #opsetImport(message: Field): Promise<void> {
    let domain = '';
    let version = 0;
    await this.#fields.walk(message.start, message.end, async (field) => {
      if (field.number === 1) domain = await this.#fields.text(field);
      else if (field.number === 2) version = field.value;
    });
    if (domain === '' || domain === 'ai.onnx') this.#opset = version;
  }

  async #metadataEntry(message: Field): Promise<void> {
    const [key, value] = await this.#pair(message);
    this.#metadata.set(key, value);
  }

  async #pair(message: Field): Promise<[string, string]> {
    let key = '';
    let value = '';
    await this.#fields.walk(message.start, message.end, async (field) => {
      if (field.number === 1) key = await this.#fields.text(field);
      else if (field.number === 2) value = await this.#fields.text(field);
    });
    return [key, value];
  }

  async #graph(message: Field): Promise<void> {
    if (++this.#graphs > 1) throw new Malformed('it has more than one graph');
    await this.#fields.walk(message.start, message.end, (field) => {
      if (field.number === 1) this.#nodes++;
      else if (field.number === 5) return this.#initializer(nested(field));
      else if (field.number === 11) return this.#valueName(nested(field), this.#inputs);
      else if (field.number === 12) return this.#valueName(nested(field), this.#outputs);
      return undefined;
    });
  }

  async #valueName(message: Field, names: string[]): Promise<void> {
    await this.#fields.walk(message.start, message.end, async (field) => {
      if (field.number === 1) names.push(await this.#fields.text(field));
    });
  }

  async #initializer(message: Field): Promise<void> {
    const found: { name: string; type: number; data: Field | null } = { name: '', type: 0, data: null };
    const shape: number[] = [];
    await this.#fields.walk(message.start, message.end, async (field) => {
      if (field.number === 1) shape.push(...(await this.#fields.integers(field, mostSides)));
      else if (field.number === 2) found.type = field.value;
      else if (field.number === 8) found.name = await this.#fields.text(field);
      else if (field.number === 9) found.data = nested(field);
      else if (field.number === 14 && field.value !== 0)
        throw new Malformed('its weights lie in another file');
    });
    this.#add(found, shape);
  }

  #add(found: { name: string; type: number; data: Field | null }, shape: readonly number[]): void {
    const { name, type, data } = found;
    const dtype = dtypeOf.get(type);
    if (dtype === undefined) throw new Malformed(`tensor "${name}" has an unknown type`);
    if (shape.length > mostSides) throw new Malformed(`tensor "${name}" has too many dimensions`);
    const bytes = valueCount(shape) * dtypeBytes[dtype];
    const offset = data?.start ?? 0;
    if (!data || data.end - offset !== bytes) {
      // Small constants may be stored as lists of numbers; they are no weights of ours.
      if (!data && bytes <= 1024) return;
      throw new Malformed(`tensor "${name}" has the wrong size`);
    }
    if (this.#tensors.has(name)) throw new Malformed(`tensor "${name}" is there twice`);
    if (this.#tensors.size >= mostTensors) throw new Malformed('it has too many tensors');
    this.#tensors.set(name, { name, dtype, shape, offset, bytes });
  }
}

function nested(field: Field): Field {
  if (field.wire !== 2) throw new Malformed('a field has the wrong type');
  return field;
}
