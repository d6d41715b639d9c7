/** Whether a ready-made autoencoder is TAESD (https://github.com/madebyollin/taesd), and what its pictures' values are. */

import type { OnnxHeader } from '../../formats/onnx/header.ts';
import { readNodes, type ReadNode } from '../../formats/onnx/nodes.ts';

/** TAESD has one width from end to end and knows no variance; the autoencoders of Stable Diffusion grow wider inwards. */
export function isTiny({ graph }: OnnxHeader): boolean {
  if (graph.outputs.some(({ name }) => name === 'latent_parameters')) return false;
  const kernels = graph.initializers.filter(({ shape }) => shape.length === 4).map(({ shape }) => shape);
  const widths = new Set(kernels.flatMap(([outputs = 0, inputs = 0]) => [outputs, inputs]));
  const inner = [...widths].filter((width) => width > 4);
  return kernels.length > 0 && inner.length === 1;
}

/** What changes no value. */
const passing = new Set(['Cast', 'Identity', 'Clip']);

/**
 * Diffusers' TAESD takes and gives -1..1, and says so by a sum and a product at that end; the original has neither there, as its
 * pictures are 0..1.
 */
export async function takesUnits(header: OnnxHeader, encodes: boolean): Promise<boolean> {
  const nodes = await readNodes(header);
  const next = encodes ? consumer : producer;
  let value = (encodes ? header.graph.inputs : header.graph.outputs)[0]?.name ?? '';
  for (let steps = 0; steps < nodes.length; steps++) {
    const node = next(nodes, value);
    if (!node) return false;
    if (!passing.has(node.op)) return /conv/i.test(node.op);
    value = (encodes ? node.outputs : node.inputs)[0] ?? '';
  }
  return false;
}

function consumer(nodes: readonly ReadNode[], value: string): ReadNode | undefined {
  return nodes.find(({ inputs }) => inputs.includes(value));
}

function producer(nodes: readonly ReadNode[], value: string): ReadNode | undefined {
  return nodes.find(({ outputs }) => outputs.includes(value));
}
