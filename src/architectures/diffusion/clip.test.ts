/** What a text encoder's table tells of it, and what its graph needs. */

import { expect, it } from 'vitest';
import type { TensorEntry } from '../../formats/tensor-table.ts';
import { zeroTable } from '../empty-table.ts';
import { clip, type ClipStructure, withClipSkip } from './clip.ts';
import { invertedTokens } from './clip-inputs.ts';
import { buildPart } from './part.ts';

const form = { batch: 2, height: 64, width: 64, tokens: 77 };
const large: ClipStructure = {
  width: 768,
  layers: 12,
  hidden: 3072,
  vocabulary: 49408,
  positions: 77,
  quick: 1,
  skip: 0,
  inverted: 0,
};
const huge: ClipStructure = { ...large, width: 1024, layers: 24, hidden: 4096, quick: 0, skip: 1 };

function tableOf(structure: ClipStructure) {
  return zeroTable(clip.tensors({ ...structure, skip: 0 }), 'fp16');
}

it.each([
  ['CLIP ViT-L/14', large],
  ['OpenCLIP ViT-H/14, whole', huge],
  ['OpenCLIP ViT-H/14 without its last layer', { ...huge, layers: 23, skip: 0 }],
])('knows %s by its shapes', (_, structure) => {
  expect(clip.structure(tableOf(structure))).toEqual(structure);
  expect(clip.parse(structure)).toEqual(structure);
});

it('is not found in other tables', () => {
  const table = tableOf({ ...large, layers: 1 });
  for (const missing of ['embeddings.token_embedding', 'encoder.layers.0.mlp.fc1']) {
    const tensors = new Map(table.tensors);
    tensors.delete(`text_model.${missing}.weight`);
    expect(clip.structure({ ...table, tensors })).toBeNull();
  }
});

it('refuses numbers that make no text encoder', () => {
  expect(clip.parse({ ...large, skip: 12 })).toBeNull();
  expect(clip.parse({ ...large, width: 770 })).toBeNull();
  expect(clip.parse({ ...large, quick: 2 })).toBeNull();
});

it('needs nothing of layers that are skipped, and names what is missing', () => {
  const structure = { ...large, layers: 2, skip: 1 };
  const whole = tableOf(structure);
  const last = [...whole.tensors].filter(([name]) => !name.includes('layers.1.'));
  const table = { ...whole, tensors: new Map(last) };
  expect(buildPart(clip, table, structure, form, 'fp16').ok).toBe(true);
  const built = buildPart(clip, table, { ...structure, skip: 0 }, form, 'fp16');
  expect(built.ok ? '' : built.error.message).toContain('text_model.encoder.layers.1.layer_norm1.weight');
});

it('counts clip skip from the layer that the model was trained with', () => {
  const without = { ...huge, layers: 23, skip: 0 };
  const taken = (structure: ClipStructure, clipSkip: number | null) => {
    const { layers, skip } = withClipSkip(structure, clipSkip);
    return layers - skip;
  };
  expect([null, 1, 2, 12, 99].map((clipSkip) => taken(large, clipSkip))).toEqual([12, 12, 11, 1, 1]);
  // A whole text encoder and one without its last layer give the same.
  for (const clipSkip of [null, 1, 2, 3]) expect(taken(huge, clipSkip)).toBe(taken(without, clipSkip));
});

it('uses halves where they lie in a graph of half precision', () => {
  const structure = { ...large, layers: 1 };
  const { blob, tensors } = tableOf(structure);
  const halves = [...tensors].map(([name, entry]): [string, TensorEntry] => [
    name,
    { ...entry, dtype: 'f16' },
  ]);
  const table = { blob, tensors: new Map(halves) };
  const built = buildPart(clip, table, structure, form, 'fp16');
  if (!built.ok) throw new Error(built.error.message);
  expect(built.value.inputs).toEqual([{ name: 'input_ids', dtype: 'i32', shape: [2, 77] }]);
  expect(built.value.outputs).toEqual([{ name: 'hidden', dtype: 'f32', shape: [2, 77, 768] }]);
  const stored = built.value.initializers.filter(({ data }) => 'location' in data);
  expect(stored.map(({ name }) => name).sort()).toEqual([...table.tensors.keys()].sort());
  const changed = built.value.nodes.filter(({ op }) => op === 'Cast').flatMap(({ inputs }) => inputs);
  expect(changed.filter((name) => table.tensors.has(name))).toEqual([]);
});

it('lets vectors stand for the tokens behind the table', () => {
  const rows = Float32Array.of(1, 2, 3, 4);
  const { ids, kept, vectors } = invertedTokens([7, 11, 10, 9], rows, { vocabulary: 10, width: 2 });
  expect([...ids]).toEqual([7, 0, 0, 9]);
  expect([...kept]).toEqual([1, 0, 0, 1]);
  expect([...vectors]).toEqual([0, 0, 3, 4, 1, 2, 0, 0]);
  expect(() => invertedTokens([12], rows, { vocabulary: 10, width: 2 })).toThrow('12');
});
