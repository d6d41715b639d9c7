/**
 * Reads the weights of a TensorFlow.js model: `weightsManifest` of its `model.json` and the shard files.
 * Quantised weights stay as they are stored; their values are integer * scale + min.
 */

import { fail, ok, type Result } from '../../base/result.ts';
import { dtypeBytes, valueCount } from '../tensor-bytes.ts';
import type { Dtype, TensorEntry, TensorTable } from '../tensor-table.ts';

export interface Affine {
  readonly scale: number;
  readonly min: number;
}

export interface TfjsWeights {
  /** Names and shapes as in the manifest (Keras: `layer/kernel` is height, width, inputs, outputs). */
  readonly table: TensorTable;
  /** For each tensor that is stored as integers. */
  readonly affine: ReadonlyMap<string, Affine>;
}

const dtypes: Readonly<Record<string, Dtype>> = {
  float32: 'f32',
  int32: 'i32',
  bool: 'u8',
  uint8: 'u8',
  float16: 'f16',
};

/** `shards` by the paths that the manifest names. Failures: `model-damaged`. */
export function readTfjs(modelJson: string, shards: ReadonlyMap<string, Blob>): Result<TfjsWeights> {
  const manifest = property(parseJson(modelJson), 'weightsManifest');
  if (!Array.isArray(manifest)) return damaged('it has no weightsManifest');
  const tensors = new Map<string, TensorEntry>();
  const affine = new Map<string, Affine>();
  const parts: Blob[] = [];
  let start = 0;
  for (const group of manifest as readonly unknown[]) {
    const [paths, weights] = [property(group, 'paths'), property(group, 'weights')];
    if (!Array.isArray(paths) || !Array.isArray(weights))
      return damaged('a group has no paths or no weights');
    let offset = start;
    for (const path of paths as readonly unknown[]) {
      const shard = shards.get(String(path));
      if (!shard) return damaged(`the file "${String(path)}" is missing`);
      parts.push(shard);
      start += shard.size;
    }
    for (const weight of weights as readonly unknown[]) {
      const parsed = parseWeight(weight, offset);
      if (!parsed) return damaged(`the weight ${JSON.stringify(weight).slice(0, 120)} is not understood`);
      const { entry } = parsed;
      offset += entry.bytes;
      if (offset > start) return damaged(`the files end before "${entry.name}"`);
      if (tensors.has(entry.name)) return damaged(`"${entry.name}" is there twice`);
      tensors.set(entry.name, entry);
      if (parsed.affine) affine.set(entry.name, parsed.affine);
    }
    if (offset !== start) return damaged('the files hold more than the manifest says');
  }
  return ok({ table: { blob: new Blob(parts), tensors }, affine });
}

function parseWeight(weight: unknown, offset: number): { entry: TensorEntry; affine: Affine | null } | null {
  const [name, shape, own] = [property(weight, 'name'), property(weight, 'shape'), property(weight, 'dtype')];
  const quantization = property(weight, 'quantization');
  const dtype = dtypes[String(quantization === undefined ? own : property(quantization, 'dtype'))];
  if (typeof name !== 'string' || !isShape(shape) || dtype === undefined) return null;
  const entry = { name, dtype, shape, offset, bytes: valueCount(shape) * dtypeBytes[dtype] };
  if (quantization === undefined || dtype === 'f16') return { entry, affine: null };
  const [scale, min] = [property(quantization, 'scale'), property(quantization, 'min')];
  if (dtype !== 'u8' || typeof scale !== 'number' || typeof min !== 'number') return null;
  return { entry, affine: { scale, min } };
}

function isShape(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((side) => Number.isSafeInteger(side) && side >= 0);
}

function property(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function damaged(why: string): Result<never> {
  return fail('model-damaged', `This TensorFlow.js model cannot be read: ${why}.`, { why });
}
