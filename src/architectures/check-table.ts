/** Holds a tensor table against what a network of a structure must have, tensor by tensor. */

import { fail, ok, type Result } from '../base/result.ts';
import type { TensorEntry, TensorTable } from '../formats/tensor-table.ts';
import type { TensorSpec } from './architecture.ts';
import { scaleName, zeroName } from './graph-builder.ts';
import { isChannelScale, packedMatrix } from './packed.ts';

const wayOut = 'Fetch the model again, or take the file from where its authors publish it.';

/** Failures: `model-damaged` naming the first tensor that is missing, misshapen or stored in a way that we cannot compute with. */
export function checkTable(table: TensorTable, specs: readonly TensorSpec[]): Result<null> {
  for (const spec of specs) {
    const entry = table.tensors.get(spec.name);
    const why = !entry
      ? 'is missing'
      : !sameShape(entry.shape, spec.shape)
        ? `has the shape [${entry.shape.join(', ')}] instead of [${spec.shape.join(', ')}]`
        : storageFault(table, entry);
    if (why) {
      return fail('model-damaged', `The tensor "${spec.name}" ${why}. ${wayOut}`, { tensor: spec.name });
    }
  }
  return ok(null);
}

/** Names that the network has no place for: then it is another network, however similar. */
export function strangers(table: TensorTable, specs: readonly TensorSpec[]): string[] {
  const known = new Set(specs.flatMap(({ name }) => [name, scaleName(name), zeroName(name)]));
  return [...table.tensors.keys()].filter((name) => !known.has(name));
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((side, index) => side === b[index]);
}

function storageFault(table: TensorTable, entry: TensorEntry): string | null {
  if (entry.dtype === 'f16' || entry.dtype === 'f32') return null;
  if (entry.dtype !== 'i8' && entry.dtype !== 'u8')
    return `is stored as ${entry.dtype}, which is not supported`;
  if (packedMatrix(table, entry.name)) return null;
  const scale = table.tensors.get(scaleName(entry.name));
  if (!scale || (scale.dtype !== 'f16' && scale.dtype !== 'f32')) return 'has 8 bits but no scale';
  const zero = table.tensors.get(zeroName(entry.name));
  if (zero && !sameShape(zero.shape, [1])) return 'has a misshapen zero point';
  if (sameShape(scale.shape, [1]) || isChannelScale(scale, entry)) return null;
  const [outputs, groups = 0, one] = scale.shape;
  const fits =
    scale.shape.length === 3 &&
    entry.shape.length > 1 &&
    outputs === entry.shape[0] &&
    one === 1 &&
    groups > 0 &&
    (entry.shape[1] ?? 0) % groups === 0;
  return fits ? null : `has scales of the shape [${scale.shape.join(', ')}], which do not fit`;
}
