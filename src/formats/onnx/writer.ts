/**
 * Writes an ONNX file. The same model gives the same bytes. Everything small comes before the weights, so
 * that a reader has the header after few reads. Field numbers: onnx/onnx.proto of https://github.com/onnx/onnx
 */

import {
  contribDomain,
  onnxType,
  type AttributeValue,
  type OnnxInitializer,
  type OnnxModel,
  type OnnxNode,
  type OnnxValue,
} from './model.ts';
import { block, float, integer, join, packedFloats, packedIntegers, text, type Pieces } from './wire.ts';

const irVersion = 8;
const externalLocation = 1;

/** The bytes of a `ModelProto`. */
export function writeOnnx(model: OnnxModel): Uint8Array<ArrayBuffer> {
  const metadata = Object.entries(model.metadata ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return join([
    ...integer(1, irVersion),
    ...text(2, 'enlarger'),
    ...block(8, text(1, ''), integer(2, model.opset)),
    ...(model.nodes.some(({ domain }) => domain) ? block(8, text(1, contribDomain), integer(2, 1)) : []),
    ...metadata.flatMap(([key, value]) => block(14, text(1, key), text(2, value))),
    ...block(
      7,
      text(2, model.name),
      model.inputs.flatMap((value) => block(11, valueInfo(value))),
      model.outputs.flatMap((value) => block(12, valueInfo(value))),
      model.nodes.flatMap((node) => block(1, nodeProto(node))),
      model.initializers.flatMap((initializer) => block(5, tensorProto(initializer))),
    ),
  ]);
}

/** A `ValueInfoProto`. */
export function valueInfo({ name, dtype, shape }: OnnxValue): Pieces {
  const sides = shape?.flatMap((side) =>
    block(1, typeof side === 'number' ? integer(1, side) : text(2, side)),
  );
  const tensorType = block(1, integer(1, onnxType[dtype]), sides ? block(2, sides) : []);
  return [...text(1, name), ...block(2, tensorType)];
}

/** A `NodeProto`. */
export function nodeProto({ op, domain, inputs, outputs, attributes }: OnnxNode): Pieces {
  return [
    ...inputs.flatMap((name) => text(1, name)),
    ...outputs.flatMap((name) => text(2, name)),
    ...text(4, op),
    ...Object.entries(attributes ?? {}).flatMap(([name, value]) => block(5, attribute(name, value))),
    ...(domain ? text(7, domain) : []),
  ];
}

function attribute(name: string, value: AttributeValue): Pieces {
  const [type, content]: [number, Pieces] =
    'float' in value
      ? [1, float(2, value.float)]
      : 'int' in value
        ? [2, integer(3, value.int)]
        : 'string' in value
          ? [3, text(4, value.string)]
          : 'floats' in value
            ? [6, packedFloats(7, value.floats)]
            : [7, packedIntegers(8, value.ints)];
  return [...text(1, name), ...content, ...integer(20, type)];
}

/** A `TensorProto`. */
export function tensorProto({ name, dtype, shape, data }: OnnxInitializer): Pieces {
  if (!('inline' in data)) return externalTensor(name, onnxType[dtype], shape, data);
  return [...tensorHeader(name, onnxType[dtype], shape), ...block(9, [data.inline])];
}

/** A `TensorProto` of any type (`TensorProto.DataType`) whose bytes lie in another file. */
export function externalTensor(
  name: string,
  type: number,
  shape: readonly number[],
  data: { readonly location: string; readonly offset: number; readonly length: number },
): Pieces {
  const entries = { location: data.location, offset: String(data.offset), length: String(data.length) };
  return [
    ...tensorHeader(name, type, shape),
    ...Object.entries(entries).flatMap(([key, value]) => block(13, text(1, key), text(2, value))),
    ...integer(14, externalLocation),
  ];
}

/** All of a `TensorProto` but its values. */
export function tensorHeader(name: string, type: number, shape: readonly number[]): Pieces {
  return [...packedIntegers(1, shape), ...integer(2, type), ...text(8, name)];
}
