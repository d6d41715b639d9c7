/** UNets and ControlNets of the published sizes, without weights: what they are told by, and what their graphs are made of. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Structure } from '../../src/architectures/architecture.ts';
import { controlnet, controlnetWith } from '../../src/architectures/diffusion/controlnet.ts';
import { buildPart, type Part } from '../../src/architectures/diffusion/part.ts';
import { unet, unetWith } from '../../src/architectures/diffusion/unet.ts';
import { valueShapes } from '../../src/architectures/diffusion/value-shapes.ts';
import { weightsPath } from '../../src/architectures/graph-builder.ts';
import type { OnnxModel } from '../../src/formats/onnx/model.ts';
import { writeOnnx } from '../../src/formats/onnx/writer.ts';
import { valueCount } from '../../src/formats/tensor-bytes.ts';
import type { TensorTable } from '../../src/formats/tensor-table.ts';
import { down, hint, noMiddle, sd1, small, tiny } from './published-diffusion.ts';

/** The last: how many nodes run, with attention bounded. */
const networks: [string, Part, Structure, number][] = [
  ['sd1', unetWith({ control: true }), sd1, 1557],
  ['sd2', unet, { ...sd1, heads: [5, 10, 20, 20], context: 1024, linear: 1 }, 1511],
  ['lcm', unet, { ...sd1, condition: 256 }, 1534],
  ['small-sd', unet, small, 975],
  ['bk-sdm-small', unet, { ...small, ...noMiddle }, 875],
  ['tiny-sd', unet, tiny, 808],
  ['controlnet', controlnet, { ...down, ...hint }, 732],
];

/** As diffusers has them: see `diffusion-unet.py`. */
const published: unknown = JSON.parse(
  readFileSync(join(import.meta.dirname, 'diffusion/unet/published.json'), 'utf8'),
);

const bindingLimit = 2 ** 27;
const form = { batch: 1, height: 64, width: 64, tokens: 77 };

/** All in halves; nobody reads them. */
function tableOf(part: Part, structure: Structure): TensorTable {
  const tensors = part.tensors(structure).map(({ name, shape }) => {
    return [name, { name, dtype: 'f16', shape, offset: 0, bytes: 2 * valueCount(shape) }] as const;
  });
  return { blob: new Blob(), tensors: new Map(tensors) };
}

function graphOf(part: Part, structure: Structure, shapes = form): OnnxModel {
  const built = buildPart(part, tableOf(part, structure), structure, shapes, 'fp16');
  if (!built.ok) throw new Error(built.error.message);
  return built.value;
}

/** Nodes whose result does not depend on weights alone: those are folded when a session is created. */
function running({ nodes, initializers }: OnnxModel): OnnxModel['nodes'] {
  const constant = new Set(['', ...initializers.map(({ name }) => name)]);
  return nodes.filter(({ inputs, outputs }) => {
    const folded = inputs.every((input) => constant.has(input));
    if (folded) for (const output of outputs) constant.add(output);
    return !folded;
  });
}

/** Bytes of the largest value that is made while the graph runs, logits among them, in half precision. */
function largest(model: OnnxModel): number {
  const shapes = valueShapes(model);
  const count = (name: string): number => valueCount(shapes.get(name) ?? []);
  return Math.max(
    ...running(model).map(({ op, inputs, outputs, attributes }) => {
      const heads = attributes?.['num_heads'];
      const [queries = [], keys = []] = inputs.map((name) => shapes.get(name) ?? []);
      const logits =
        op === 'MultiHeadAttention' && heads && 'int' in heads
          ? (queries[0] ?? 0) * heads.int * (queries[1] ?? 0) * (keys[1] ?? 0)
          : 0;
      return 2 * Math.max(logits, ...outputs.map(count));
    }),
  );
}

describe.each(networks)('%s', (name, part, structure, nodes) => {
  it('has the tensors of diffusers', () => {
    const specs = part.tensors(structure);
    const lines = specs.map((spec) => `${spec.name} [${spec.shape.join(', ')}]`).sort();
    const own = {
      tensors: specs.length,
      parameters: specs.reduce((sum, { shape }) => sum + valueCount(shape), 0),
      digest: createHash('sha256').update(lines.join('\n')).digest('hex'),
    };
    expect(published).toMatchObject({ [name]: own });
  });

  it('is told by its names and shapes, heads included', () => {
    expect(part.structure(tableOf(part, structure))).toEqual(structure);
  });

  it('has a small graph over weights in place, whose values can be bound in 128 MiB', () => {
    const graph = graphOf(part, structure);
    expect(writeOnnx(graph).length).toBeLessThan(2 * 2 ** 20);
    expect(running(graph).length).toBe(nodes);
    const weights = graph.initializers.filter(
      ({ data }) => 'location' in data && data.location === weightsPath,
    );
    const stored = new Set(weights.map((weight) => weight.name));
    expect(stored.size).toBe(part.tensors(structure).length);
    // Only what is small is turned or reshaped, and so copied.
    const copied = graph.nodes.filter(
      ({ op, inputs }) =>
        inputs.some((input) => stored.has(input)) && ['Cast', 'Reshape', 'Transpose'].includes(op),
    );
    const shapes = valueShapes(graph);
    for (const { inputs } of copied) {
      const [weight = ''] = inputs;
      expect(valueCount(shapes.get(weight) ?? [])).toBeLessThanOrEqual(2560);
    }
    expect(largest(graph)).toBeLessThanOrEqual(bindingLimit);
    for (const output of graph.outputs) expect(shapes.get(output.name)).toEqual(output.shape);
  });
});

it('keeps to that with larger tiles and two at once, but not where the runtime is trusted', () => {
  for (const shapes of [
    { ...form, batch: 2 },
    { ...form, height: 96, width: 128 },
    { ...form, batch: 2, tokens: 231, height: 128, width: 72 },
  ]) {
    expect(largest(graphOf(unet, sd1, shapes))).toBeLessThanOrEqual(bindingLimit);
  }
  expect(largest(graphOf(unetWith({ flash: true }), sd1))).toBe(2 * bindingLimit);
  const structure = { ...down, ...hint };
  expect(largest(graphOf(controlnetWith({ flash: true }), structure))).toBe(2 * bindingLimit);
});
