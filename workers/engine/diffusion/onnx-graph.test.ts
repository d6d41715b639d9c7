import { describe, expect, it } from 'vitest';
import { readNodes } from '../../../src/formats/onnx/nodes.ts';
import { readOnnx } from '../../../src/formats/onnx/reader.ts';
import { sampleGraph, sampleGraphs } from '../../../src/architectures/diffusion/sample-graphs.ts';
import { sortReady, type ReadyPart } from '../../../src/architectures/diffusion/onnx-part.ts';
import { freeSides, graphFiles } from './onnx-graph.ts';

async function partOf(blob: Blob): Promise<ReadyPart> {
  const sorted = await sortReady([{ name: 'model.onnx', blob }]);
  const [part] = sorted.ok ? sorted.value.ready : [];
  if (!part) throw new Error('It is no part.');
  return part;
}

const form = { batch: 1, width: 24, height: 16, tokens: 77 };

describe('the sides that are told to a runtime', () => {
  it('are those that a graph names', async () => {
    const ready = await partOf(sampleGraphs.unet());
    expect(freeSides({ ready, form })).toEqual({ batch: 1, height: 16, width: 24, sequence: 77 });
    const encoder = await partOf(sampleGraphs.encoder());
    expect(freeSides({ ready: encoder, form })).toEqual({ batch: 1, height: 128, width: 192, h: 16, w: 24 });
  });

  it('leave out a name that stands for two lengths, and a text encoder’s tokens', async () => {
    const ready = await partOf(
      sampleGraphs.encoder(['latent_parameters', 'f32', 'batch', 8, 'height', 'wide']),
    );
    expect(freeSides({ ready, form })).toEqual({ batch: 1, width: 192, wide: 24 });
    expect(freeSides({ ready: await partOf(sampleGraphs.text()), form })).toEqual({ batch: 1 });
  });
});

describe('the files of a graph', () => {
  it('are those that it has', async () => {
    const blob = sampleGraphs.unet();
    const files = await graphFiles(await partOf(blob));
    expect(files).toEqual({ model: new Uint8Array(await blob.arrayBuffer()), beside: [] });
  });

  it.each([
    ['like another value', { op: 'RandomNormalLike', inputs: ['sample'] }, ['Sub']],
    [
      'like another value, in halves',
      { op: 'RandomNormalLike', inputs: ['sample'], attributes: { dtype: { int: 10 } } },
      ['Sub', 'Cast'],
    ],
    [
      'of a shape',
      { op: 'RandomNormal', inputs: [], attributes: { shape: { ints: [1, 4] } } },
      ['Constant', 'ConstantOfShape', 'Cast'],
    ],
  ])('draw nothing where they drew noise %s, and keep their weights', async (_, node, instead) => {
    const blob = sampleGraph({
      inputs: [['sample', 'f32', 'b', 3, 'h', 'w']],
      outputs: [['latent_sample', 'f32', 'b', 4, 'h2', 'w2']],
      weights: [['w', 'f32', 4, 3, 8, 8]],
      nodes: [
        { op: 'Conv', inputs: ['sample', 'w'], outputs: ['mean'] },
        { ...node, outputs: ['noise'] },
        { op: 'Add', inputs: ['mean', 'noise'], outputs: ['latent_sample'] },
      ],
    });
    const { model, beside } = await graphFiles(await partOf(blob));
    const read = await readOnnx(new Blob([model]), (name) =>
      Promise.resolve({ ok: true, value: beside.find((one) => one.name === name)?.blob ?? new Blob() }),
    );
    if (!read.ok) throw new Error(read.error.message);
    const nodes = await readNodes(read.value);
    expect(nodes.map(({ op }) => op)).toEqual(['Conv', ...instead, 'Add']);
    expect(nodes.at(-2)?.outputs).toEqual(['noise']);
    expect(read.value.table.tensors.get('w')).toMatchObject({ shape: [4, 3, 8, 8], bytes: 4 * 4 * 3 * 64 });
    expect(read.value.graph.outputs.map(({ name }) => name)).toEqual(['latent_sample']);
  });
});
