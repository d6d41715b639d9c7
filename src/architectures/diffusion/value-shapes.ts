/** The shape of every value of a graph whose inputs have fixed shapes, so that one knows what it must bind before it runs. */

import { invariant } from '../../base/assert.ts';
import type { AttributeValue, OnnxModel, OnnxNode } from '../../formats/onnx/model.ts';
import { valueCount } from '../../formats/tensor-bytes.ts';

type Shape = readonly number[];

/** By the values' names. Only for the operators that parts of diffusion models are made of; throws where two shapes do not fit. */
export function valueShapes({ inputs, initializers, nodes }: OnnxModel): Map<string, Shape> {
  const shapes = new Map<string, Shape>();
  const integers = new Map<string, Shape>();
  for (const { name, shape } of inputs) {
    const sides = shape?.filter((side) => typeof side === 'number');
    invariant(sides && sides.length === shape?.length, `The input ${name} has no fixed shape`);
    shapes.set(name, sides);
  }
  for (const { name, dtype, shape, data } of initializers) {
    shapes.set(name, shape);
    if (dtype === 'i64' && 'inline' in data) {
      const { buffer, byteOffset, byteLength } = data.inline;
      integers.set(name, [...new BigInt64Array(buffer, byteOffset, byteLength / 8)].map(Number));
    }
  }
  for (const node of nodes) {
    const given = node.inputs.map((name) => {
      const shape = shapes.get(name);
      invariant(name === '' || shape, `The value ${name} is used before it is made`);
      return shape ?? [];
    });
    const shape = resultShape(node, given, (index) => integers.get(node.inputs[index] ?? '') ?? []);
    for (const name of node.outputs) shapes.set(name, shape);
  }
  return shapes;
}

function resultShape(node: OnnxNode, given: readonly Shape[], numbers: (index: number) => Shape): Shape {
  const [first = [], second = []] = given;
  switch (node.op) {
    case 'Add':
    case 'Sub':
    case 'Mul':
    case 'Div':
      return broadcast(first, second);
    case 'Reshape':
      invariant(
        valueCount(first) === valueCount(numbers(1)),
        `[${first.join()}] is not [${numbers(1).join()}]`,
      );
      return numbers(1);
    case 'Transpose':
      return ints(node.attributes?.['perm']).map((axis) => first[axis] ?? 0);
    case 'Gemm':
      invariant(first[1] === second[1], `A matrix of [${second.join()}] is given [${first.join()}]`);
      return [first[0] ?? 0, second[0] ?? 0];
    case 'MatMul': {
      const [rows = 0, inner] = first.slice(-2);
      const [depth, columns = 0] = second.slice(-2);
      invariant(inner === depth, `[${first.join()}] is multiplied by [${second.join()}]`);
      return [...broadcast(first.slice(0, -2), second.slice(0, -2)), rows, columns];
    }
    case 'Conv':
      return convolved(first, second, node);
    case 'MatMulNBits': {
      const outputs = node.attributes?.['N'];
      return [...first.slice(0, -1), outputs && 'int' in outputs ? outputs.int : 0];
    }
    case 'Resize':
      // Maps are only ever doubled here.
      return [first[0] ?? 0, first[1] ?? 0, 2 * (first[2] ?? 0), 2 * (first[3] ?? 0)];
    case 'Concat':
      return joined(given, node);
    case 'Slice': {
      const [from = 0, to = 0, axis = 0] = [1, 2, 3].map((index) => numbers(index)[0]);
      return first.map((side, at) => (at === axis ? Math.min(to, side) - from : side));
    }
    case 'Gather':
      return [...second, ...first.slice(1)];
    case 'ArgMax':
    case 'ReduceSum':
      // Only ever over the last dimension, which goes.
      return first.slice(0, -1);
    default:
      invariant(keeping.has(node.op), `Nothing is known of the operator ${node.op}`);
      return first;
  }
}

/** Operators whose result is shaped as their first input. */
const keeping = new Set([
  'Cast',
  'Clip',
  'Cos',
  'DequantizeLinear',
  'Gelu',
  'Identity',
  'InstanceNormalization',
  'LayerNormalization',
  'MultiHeadAttention',
  'Relu',
  'Sigmoid',
  'Sin',
  'Softmax',
  'Tanh',
]);

function broadcast(a: Shape, b: Shape): Shape {
  const length = Math.max(a.length, b.length);
  return Array.from({ length }, (_, at) => {
    const [one = 1, other = 1] = [a[at + a.length - length], b[at + b.length - length]];
    invariant(
      one === other || one === 1 || other === 1,
      `[${a.join()}] and [${b.join()}] do not go together`,
    );
    return Math.max(one, other);
  });
}

function joined(given: readonly Shape[], node: OnnxNode): Shape {
  const [first = []] = given;
  const told = node.attributes?.['axis'];
  const axis = told && 'int' in told ? told.int : 0;
  const others = (shape: Shape): string => shape.toSpliced(axis, 1).join();
  invariant(
    given.every((shape) => others(shape) === others(first)),
    `Maps of other sides than [${first.join()}] are joined to it`,
  );
  const sum = given.reduce((all, shape) => all + (shape[axis] ?? 0), 0);
  return first.map((side, at) => (at === axis ? sum : side));
}

function convolved(given: Shape, weights: Shape, node: OnnxNode): Shape {
  const [batch = 0, channels = 0, ...sides] = given;
  const [outputs = 0, inputs = 0, ...kernel] = weights;
  invariant(channels === inputs, `A convolution of [${weights.join()}] is given [${given.join()}]`);
  const pads = ints(node.attributes?.['pads']);
  const strides = ints(node.attributes?.['strides']);
  const walked = sides.map((side, at) => {
    const free = side + (pads[at] ?? 0) + (pads[at + 2] ?? 0) - (kernel[at] ?? 1);
    return Math.floor(free / (strides[at] ?? 1)) + 1;
  });
  return [batch, outputs, ...walked];
}

function ints(value: AttributeValue | undefined): readonly number[] {
  return value && 'ints' in value ? value.ints : [];
}
