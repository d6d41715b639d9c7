/** The files of `foreign.py`, and graphs around them run by onnxruntime-node. */

import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { BuiltGraph } from '../../src/architectures/built-graph.ts';
import { ok } from '../../src/base/result.ts';
import type { OnnxHeader } from '../../src/formats/onnx/header.ts';
import { readOnnx } from '../../src/formats/onnx/reader.ts';
import type { Size } from '../../src/picture/geometry.ts';

type Planes = Float32Array<ArrayBuffer>;

const folder = join(import.meta.dirname, 'foreign');

export async function foreignFile(name: string): Promise<OnnxHeader> {
  const read = (file: string): Blob => new Blob([readFileSync(join(folder, basename(file)))]);
  const header = await readOnnx(read(`${name}.onnx`), async (location) =>
    existsSync(join(folder, basename(location))) ? ok(read(location)) : null,
  );
  if (!header.ok) throw new Error(header.error.message);
  return header.value;
}

/** RGB planes in, enlarged RGB planes out. */
export async function wrappedSession({
  model,
  external,
  ends,
}: BuiltGraph): Promise<(planes: Planes, size: Size) => Promise<Planes>> {
  const data = await Promise.all(
    external.map(async ({ path, blob }) => ({ path, data: new Uint8Array(await blob.arrayBuffer()) })),
  );
  const session = await InferenceSession.create(model, { externalData: data, logSeverityLevel: 3 });
  const { input, output } = ends ?? { input: 'input', output: 'output' };
  return async (planes, { width, height }) => {
    const given = new Tensor('float32', planes, [1, planes.length / (width * height), height, width]);
    const result = (await session.run({ [input]: given }))[output]?.data;
    if (!(result instanceof Float32Array)) throw new Error('The network gave no floats.');
    return Float32Array.from(result);
  };
}
