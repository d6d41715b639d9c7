/** What of a graph its last node needs. */

import type { OnnxInitializer, OnnxNode } from '../formats/onnx/model.ts';

/** The nodes, in order, and the initializers that lead to the last node. */
export function needed(
  nodes: readonly OnnxNode[],
  initializers: readonly OnnxInitializer[],
): { nodes: OnnxNode[]; initializers: OnnxInitializer[] } {
  const wanted = new Set(nodes.at(-1)?.outputs);
  const kept: OnnxNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => wanted.has(output))) continue;
    for (const input of node.inputs) wanted.add(input);
    kept.push(node);
  }
  return { nodes: kept.reverse(), initializers: initializers.filter(({ name }) => wanted.has(name)) };
}
