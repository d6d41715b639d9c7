/** One initializer (`TensorProto`) of an ONNX file: what it is, and where its bytes lie. */

import { dtypeBytes, valueCount } from '../tensor-bytes.ts';
import type { Dtype } from '../tensor-table.ts';
import type { Beside } from './beside.ts';
import { Malformed, type Field, type FieldWalker } from './fields.ts';
import { readPair } from './graph-fields.ts';
import type { ByteRange, OnnxStored } from './header.ts';
import { onnxType } from './model.ts';

const mostSides = 8;

const dtypeOf: ReadonlyMap<number, Dtype> = new Map(
  (Object.keys(onnxType) as Dtype[]).map((dtype) => [onnxType[dtype], dtype]),
);

/** The fields in which values may be listed one by one, instead of as bytes. */
const lists = [4, 5, 6, 7, 10, 11];

export async function readInitializer(
  fields: FieldWalker,
  message: Field,
  beside: Beside,
): Promise<OnnxStored> {
  let name = '';
  let type = 0;
  const found: { raw: Field | null; floats: Field | null } = { raw: null, floats: null };
  let listed = false;
  let external = false;
  const shape: number[] = [];
  const place = new Map<string, string>();
  await fields.walk(message.start, message.end, async (field) => {
    if (field.number === 1) shape.push(...(await fields.integers(field, mostSides)));
    else if (field.number === 2) type = field.value;
    else if (field.number === 8) name = await fields.text(field);
    else if (field.number === 9) found.raw = bytesOf(field);
    else if (field.number === 13) place.set(...(await readPair(fields, bytesOf(field))));
    else if (field.number === 14) external = field.value === 1;
    if (field.number === 4 && field.wire === 2) found.floats = field;
    if (lists.includes(field.number)) listed = true;
  });
  const dtype = dtypeOf.get(type) ?? null;
  if (shape.length > mostSides) throw new Malformed(`tensor "${name}" has too many dimensions`);
  const bytes = dtype === null ? null : valueCount(shape) * dtypeBytes[dtype];
  const stored = { name, type, dtype, shape, message: { start: message.start, end: message.end } };
  if (external) return { ...stored, data: await beside.place(name, place, bytes) };
  // A list of fp32 numbers is their bytes.
  const embedded: ByteRange | null = found.raw ?? (dtype === 'f32' ? found.floats : null);
  if (embedded) {
    const { start, end } = embedded;
    if (bytes !== null && end - start !== bytes) throw new Malformed(`tensor "${name}" has the wrong size`);
    return { ...stored, data: { start, end } };
  }
  if (!listed && bytes !== null && bytes > 0) throw new Malformed(`tensor "${name}" has the wrong size`);
  return { ...stored, data: null };
}

function bytesOf(field: Field): Field {
  if (field.wire !== 2) throw new Malformed('a field has the wrong type');
  return field;
}
