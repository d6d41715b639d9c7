/** A shipped model file: one ONNX file that holds its weights, runs as it is, and is read again by our own road. */

import { composeGraph, type Recognised } from '../../src/architectures/registry.ts';
import type { OnnxInitializer } from '../../src/formats/onnx/model.ts';
import { writeOnnx } from '../../src/formats/onnx/writer.ts';
import type { TensorTable } from '../../src/formats/tensor-table.ts';

/** The fp32 graph over the stored weights, with them inside. The same table gives the same bytes. */
export async function modelFile(
  recognised: Recognised,
  table: TensorTable,
  metadata: Readonly<Record<string, string>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const model = composeGraph(recognised, table, 'fp32');
  if (!model.ok) throw new Error(model.error.message);
  const bytes = new Uint8Array(await table.blob.arrayBuffer());
  const initializers = model.value.initializers.map((initializer): OnnxInitializer => {
    const { data } = initializer;
    if ('inline' in data) return initializer;
    return { ...initializer, data: { inline: bytes.subarray(data.offset, data.offset + data.length) } };
  });
  // What is small comes first, so that a reader has most names after one read.
  initializers.sort((a, b) => size(a) - size(b));
  return writeOnnx({ ...model.value, initializers, metadata });
}

function size({ data }: OnnxInitializer): number {
  return 'inline' in data ? data.inline.length : data.length;
}
