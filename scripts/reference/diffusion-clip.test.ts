/** The graphs of text encoders, with tiny seeded weights, against transformers' CLIPTextModel. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clip, type ClipStructure } from '../../src/architectures/diffusion/clip.ts';
import { invertedTokens } from '../../src/architectures/diffusion/clip-inputs.ts';
import { buildPart } from '../../src/architectures/diffusion/part.ts';
import type { Precision } from '../../src/architectures/graph-builder.ts';
import { toHalfArray } from '../../src/formats/float16.ts';
import { TableWriter } from '../../src/formats/table-writer.ts';
import type { TensorTable } from '../../src/formats/tensor-table.ts';
import { hasGpu, relativeError, runModel } from './diffusion-run.ts';
import { seeded } from './seeded.ts';

const [vocabulary, positions, batch] = [61, 77, 2];

function structure(width: number, layers: number, hidden: number, quick: number, skip: number, inverted = 0) {
  return { width, layers, hidden, vocabulary, positions, quick, skip, inverted };
}

const cases: Readonly<Record<string, ClipStructure>> = {
  quick: structure(64, 2, 128, 1, 0),
  'quick-skip-1': structure(128, 4, 256, 1, 1),
  'quick-skip-2': structure(128, 4, 256, 1, 2),
  gelu: structure(128, 3, 192, 0, 0),
  'gelu-skip-1': structure(128, 3, 192, 0, 1),
  inverted: structure(64, 2, 128, 1, 0, 1),
};

/** As `diffusion-clip.py` has them. */
function values(name: string, shape: readonly number[]): Float32Array<ArrayBuffer> {
  const most = name.includes('embedding') ? 1 : Math.sqrt(3 / (shape[1] ?? 1));
  if (shape.length === 2) return seeded(name, shape, -most, most);
  return name.endsWith('bias') ? seeded(name, shape, -0.1, 0.1) : seeded(name, shape, 0.8, 1.2);
}

function token(chunk: number, place: number): number {
  return (place * place * 7 + place * 3 + chunk * 11) % vocabulary;
}

function tableOf(told: ClipStructure, stored: 'f32' | 'f16' = 'f32'): TensorTable {
  const writer = new TableWriter();
  for (const { name, shape } of clip.tensors({ ...told, skip: 0 })) {
    const single = values(name, shape);
    writer.add(name, stored, shape, stored === 'f32' ? single : toHalfArray(single));
  }
  return writer.finish();
}

async function hidden(
  told: ClipStructure,
  precision: Precision,
  stored: 'f32' | 'f16' = 'f32',
  on: 'cpu' | 'webgpu' = 'cpu',
) {
  const tokens = Int32Array.from({ length: batch * positions }, (_, at) =>
    token(Math.floor(at / positions), at % positions),
  );
  const rows = values('embedding.vectors', [3, told.width]);
  if (told.inverted) {
    tokens.set(
      [0, 1, 2].map((row) => vocabulary + row),
      5,
    );
    tokens[positions + 70] = vocabulary + 1;
  }
  const table = tableOf(told, stored);
  const built = buildPart(clip, table, told, { batch, height: 1, width: 1, tokens: positions }, precision);
  if (!built.ok) throw new Error(built.error.message);
  const { ids, kept, vectors } = invertedTokens(tokens, rows, told);
  return (await runModel(built.value, table.blob, { input_ids: ids, kept, vectors }, on))['hidden'];
}

describe.each(Object.entries(cases))('%s', (name, told) => {
  const file = readFileSync(join(import.meta.dirname, 'diffusion/clip', `${name}.f32`));
  const expected = new Float32Array(new Uint8Array(file).buffer);

  it('computes what transformers computes', async () => {
    const values = await hidden(told, 'fp32');
    expect(relativeError(values ?? new Float32Array(), expected)).toBeLessThan(1e-5);
  });

  it('computes nearly that from halves, and in half precision', async () => {
    const values = await hidden(told, 'fp32', 'f16');
    expect(relativeError(values ?? new Float32Array(), expected)).toBeLessThan(2e-3);
    const half = await hidden(told, 'fp16', 'f16');
    expect(relativeError(half ?? new Float32Array(), expected)).toBeLessThan(2e-2);
  });

  it.skipIf(!hasGpu)('computes it in half precision on a GPU', { timeout: 120_000 }, async () => {
    const values = await hidden(told, 'fp16', 'f16', 'webgpu');
    const error = relativeError(values ?? new Float32Array(), expected);
    expect(error).toBeLessThan(2e-2);
    expect(error).toBeGreaterThan(0); // or it was the CPU
  });
});
