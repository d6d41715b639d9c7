/** Small messages of an ONNX file: pairs of texts, and what a graph takes and gives. */

import type { Field, FieldWalker } from './fields.ts';
import type { OnnxEnd } from './header.ts';

type Side = number | string | null;

const mostSides = 64;

/** A `StringStringEntryProto`. */
export async function readPair(fields: FieldWalker, message: Field): Promise<[string, string]> {
  let key = '';
  let value = '';
  await fields.walk(message.start, message.end, async (field) => {
    if (field.number === 1) key = await fields.text(field);
    else if (field.number === 2) value = await fields.text(field);
  });
  return [key, value];
}

/** A `ValueInfoProto`. */
export async function readEnd(fields: FieldWalker, message: Field): Promise<OnnxEnd> {
  const end: { name: string; type: number; shape: Side[] | null } = { name: '', type: 0, shape: null };
  await fields.walk(message.start, message.end, async (field) => {
    if (field.number === 1) end.name = await fields.text(field);
    else if (field.number === 2 && field.wire === 2) {
      await inside(fields, field, 1, async (tensor) => {
        if (tensor.number === 1) end.type = tensor.value;
        else if (tensor.number === 2 && tensor.wire === 2) end.shape = await readShape(fields, tensor);
      });
    }
  });
  return end;
}

async function readShape(fields: FieldWalker, message: Field): Promise<Side[]> {
  const sides: Side[] = [];
  await fields.walk(message.start, message.end, async (field) => {
    if (field.number !== 1 || field.wire !== 2 || sides.length >= mostSides) return;
    let side: Side = null;
    await fields.walk(field.start, field.end, async (part) => {
      // Some exporters write 0 or -1 (a number beyond all sides) for a side that is free.
      if (part.number === 1 && part.value > 0 && part.value < 2 ** 31) side = part.value;
      else if (part.number === 2) side = await fields.text(part);
    });
    sides.push(side);
  });
  return sides;
}

/** Visits the fields of every message that is field `number` of another. */
async function inside(
  fields: FieldWalker,
  message: Field,
  number: number,
  visit: (field: Field) => Promise<void>,
): Promise<void> {
  await fields.walk(message.start, message.end, async (field) => {
    if (field.number === number && field.wire === 2) await fields.walk(field.start, field.end, visit);
  });
}
