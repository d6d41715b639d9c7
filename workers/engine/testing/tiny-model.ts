/** Tiny seeded networks for tests: a real model file, made on the spot by our own road. */

import type { TensorEntry } from '../../../src/formats/tensor-table.ts';
import { writeOnnx } from '../../../src/formats/onnx/writer.ts';
import { composeGraph, networkCost, networkTensors } from '../../../src/architectures/registry.ts';
import type { ModelCard } from '../../../src/models/card.ts';
import type { ModelSource } from '../../../src/protocol/engine.ts';

const structure = { features: 4, convs: 1, scale: 2 };

/** An SRVGG network of 4 features and 3 convolutions: exact context 3 input pixels, scale 2. */
export async function tinyModel(id = 'tiny', seed = 1): Promise<ModelSource> {
  const specs = networkTensors('srvgg', structure);
  const tensors = new Map<string, TensorEntry>();
  let offset = 0;
  for (const { name, shape } of specs) {
    const bytes = 4 * shape.reduce((product, side) => product * side, 1);
    tensors.set(name, { name, dtype: 'f32', shape, offset, bytes });
    offset += bytes;
  }
  const values = seeded(offset / 4, seed);
  const table = { blob: new Blob([values]), tensors };
  const graph = composeGraph({ family: 'srvgg', structure, scale: 2 }, table, 'fp32');
  if (!graph.ok) throw new Error(graph.error.message);
  const bytes = new Uint8Array(values.buffer);
  const file = writeOnnx({
    ...graph.value,
    initializers: graph.value.initializers.map((initializer) => {
      const { data } = initializer;
      if ('inline' in data) return initializer;
      return { ...initializer, data: { inline: bytes.subarray(data.offset, data.offset + data.length) } };
    }),
  });
  return { card: await card(id, file), bytes: new Blob([file]) };
}

async function card(id: string, file: Uint8Array<ArrayBuffer>): Promise<ModelCard> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', file));
  return {
    id,
    origin: 'shipped',
    family: 'srvgg',
    structure,
    scale: 2,
    name: 'Tiny',
    use: 'Only for tests.',
    weights: 'seeded',
    stored: 'fp16',
    parameters: 0,
    ...networkCost('srvgg', structure),
    tiles: { context: 3, blend: 4, multiple: 1 },
    keepsFlat: false,
    file: {
      path: `${id}.onnx`,
      bytes: file.length,
      sha256: [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join(''),
    },
    licence: { id: 'MIT', notice: '', commercialUse: true },
    source: { package: '', path: '', homepage: '' },
    example: { before: '', after: '' },
  };
}

/** Small values around zero (mulberry32), so that the sum of a few layers stays near the picture. */
function seeded(count: number, seed: number): Float32Array<ArrayBuffer> {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (((t ^ (t >>> 14)) >>> 0) / 2 ** 32 - 0.5) * 0.5;
  });
}
