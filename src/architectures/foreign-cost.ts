/**
 * What a foreign network costs for one input pixel, estimated by following its nodes: how many values for one pixel
 * of the input each of them makes, and with how many sums. Rough, but tiles must be sized by something.
 */

import type { OnnxHeader } from '../formats/onnx/header.ts';
import { readNodes, type ReadNode } from '../formats/onnx/nodes.ts';
import { valueCount } from '../formats/tensor-bytes.ts';
import type { Cost } from './architecture.ts';

/** A value on its way through the graph. */
interface Flow {
  /** Positions for one input pixel: 4 after enlarging twice. */
  readonly area: number;
  /** Numbers for one input pixel. */
  readonly values: number;
}

interface Step {
  readonly flow: Flow;
  readonly flops: number;
}

/** Results that are no picture. */
const withoutPixels = new Set(['Shape', 'Size', 'GlobalAveragePool', 'GlobalMaxPool', 'Constant']);

/** Sums of an attention for each of its results, where the graph does not tell. */
const attentionWidth = 64;

/** Skips and copies that are alive beside a node's own values. */
const aliveFactor = 1.5;

/** Shapes of the initializers that are weights, by name. */
type Weights = ReadonlyMap<string, readonly number[]>;

export async function foreignCost(header: OnnxHeader, channels: number, scale: number): Promise<Cost> {
  const weights: Weights = new Map(header.graph.initializers.map(({ name, shape }) => [name, shape]));
  const flows = new Map<string, Flow>();
  for (const { name } of header.graph.inputs) flows.set(name, { area: 1, values: channels });
  let flops = 0;
  let most = channels * (1 + scale * scale);
  let largest = channels * scale * scale;
  for (const node of await readNodes(header)) {
    const inputs = node.inputs.flatMap((name) => flows.get(name) ?? []);
    const [first] = inputs;
    if (!first || withoutPixels.has(node.op)) continue;
    const step = stepOf(node, inputs, first, weights, scale * scale);
    flops += step.flops;
    const { values } = step.flow;
    most = Math.max(most, values + inputs.reduce((sum, input) => sum + input.values, 0));
    largest = Math.max(largest, values);
    for (const output of node.outputs) flows.set(output, step.flow);
  }
  return {
    flopsPerPixel: Math.max(flops, largest),
    bytesPerPixel: 4 * aliveFactor * most,
    bindingPerPixel: 4 * largest,
  };
}

/** The weights of all initializers that have at least one side. */
export function foreignParameters({ graph }: OnnxHeader): number {
  return graph.initializers.reduce((sum, { shape, type }) => {
    const isIndex = type === 6 || type === 7; // whole numbers: shapes and the like
    return isIndex || shape.length === 0 ? sum : sum + valueCount(shape);
  }, 0);
}

function stepOf(node: ReadNode, inputs: readonly Flow[], first: Flow, weights: Weights, end: number): Step {
  const shape = node.inputs.map((name) => weights.get(name)).find((found) => found !== undefined) ?? [];
  const product = (name: string): number =>
    (node.numbers.get(name) ?? []).reduce((all, side) => all * side, 1);
  switch (node.op) {
    case 'Conv':
    case 'QLinearConv':
    case 'ConvInteger': {
      const area = first.area / product('strides');
      const [outputs = 1] = shape;
      return { flow: { area, values: outputs * area }, flops: 2 * valueCount(shape) * area };
    }
    case 'ConvTranspose': {
      const area = first.area * product('strides');
      const outputs = (shape[1] ?? 1) * (node.numbers.get('group')?.[0] ?? 1);
      return { flow: { area, values: outputs * area }, flops: 2 * valueCount(shape) * first.area };
    }
    case 'Gemm':
    case 'MatMul': {
      const widest = Math.max(...inputs.map(({ values }) => values));
      const [rows = 1, columns = 1] = shape.slice(-2);
      if (shape.length < 2) return { flow: first, flops: 2 * widest * attentionWidth };
      return {
        flow: { ...first, values: (first.values * columns) / rows },
        flops: 2 * first.values * columns,
      };
    }
    case 'DepthToSpace':
      return { flow: { ...first, area: first.area * product('blocksize') ** 2 }, flops: 0 };
    case 'SpaceToDepth':
      return { flow: { ...first, area: first.area / product('blocksize') ** 2 }, flops: 0 };
    case 'Resize':
    case 'Upsample': {
      // By how much is a value that is not read: mostly by two, and never beyond the result.
      const factor = Math.max(1, Math.min(4, end / first.area));
      return { flow: { area: first.area * factor, values: first.values * factor }, flops: 0 };
    }
    case 'Concat':
      return {
        flow: { area: first.area, values: inputs.reduce((sum, { values }) => sum + values, 0) },
        flops: 0,
      };
    default: {
      const widest = inputs.reduce((best, flow) => (flow.values > best.values ? flow : best), first);
      return { flow: widest, flops: widest.values };
    }
  }
}
