/** The fixtures of `diffusion-vae.py` and `diffusion-ldsr.py`: a model's tensors with seeded values, and what comes out. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Structure } from '../../src/architectures/architecture.ts';
import { buildPart, type Part } from '../../src/architectures/diffusion/part.ts';
import type { Precision } from '../../src/architectures/graph-builder.ts';
import { toHalfArray } from '../../src/formats/float16.ts';
import { TableWriter } from '../../src/formats/table-writer.ts';
import type { TensorTable } from '../../src/formats/tensor-table.ts';
import { relativeError, runModel } from './diffusion-run.ts';
import { seeded } from './seeded.ts';

const folder = join(import.meta.dirname, 'diffusion');

/** The names and shapes of a fixture's state dictionary, filled as the scripts fill it. */
export function fixtureTable(fixture: string, stored: 'f32' | 'f16' = 'f32'): TensorTable {
  const writer = new TableWriter();
  for (const line of readFileSync(join(folder, `${fixture}.txt`), 'utf8')
    .trim()
    .split('\n')) {
    const [name = '', ...sides] = line.split(' ');
    const shape = sides.map(Number);
    const single = values(name, shape);
    writer.add(name, stored, shape, stored === 'f32' ? single : toHalfArray(single));
  }
  return writer.finish();
}

/** The same tensors under other names; `null` leaves one out. */
export function renamed(table: TensorTable, to: (name: string) => string | null): TensorTable {
  const writer = new TableWriter();
  for (const entry of table.tensors.values()) {
    const name = to(entry.name);
    if (name !== null) writer.keep(table, { ...entry, name });
  }
  return writer.finish();
}

/** How far each output of the part is from the fixture's, for latents of these sides. Throws where the part is not in the table. */
export async function partErrors<S extends Structure>(
  part: Part<S>,
  table: TensorTable,
  fixture: string,
  precision: Precision,
  [height, width]: readonly [number, number] = [5, 7],
  on: 'cpu' | 'webgpu' = 'cpu',
): Promise<number[]> {
  const structure = part.structure(table);
  if (!structure) throw new Error(`No ${part.kind} in the table`);
  const form = { batch: 1, height, width, tokens: 1 };
  const built = buildPart(part, table, structure, form, precision);
  if (!built.ok) throw new Error(built.error.message);
  const inputs = built.value.inputs.map(({ name, shape }): [string, Float32Array] => [
    name,
    given(name, (shape ?? []).map(Number)),
  ]);
  const outputs = await runModel(built.value, table.blob, Object.fromEntries(inputs), on);
  return Object.entries(outputs).map(([name, output]) => {
    const file = readFileSync(join(folder, `${fixture}-${name}.f32`));
    return relativeError(output, new Float32Array(new Uint8Array(file).buffer));
  });
}

function given(name: string, shape: readonly number[]): Float32Array {
  if (name === 'timestep') return Float32Array.of(481.25);
  const most = name === 'latent' ? 3 : 1;
  return seeded(name, shape, -most, most);
}

function values(name: string, shape: readonly number[]): Float32Array<ArrayBuffer> {
  if (shape.length > 1) {
    const most = Math.sqrt(3 / shape.slice(1).reduce((product, side) => product * side, 1));
    return seeded(name, shape, -most, most);
  }
  return name.endsWith('bias') ? seeded(name, shape, -0.1, 0.1) : seeded(name, shape, 0.7, 1.3);
}
