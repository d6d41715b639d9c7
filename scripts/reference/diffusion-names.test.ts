/** Tensors under the names of single-file checkpoints against the same under those of folders, by the lists of `diffusion-names.py`. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Structure } from '../../src/architectures/architecture.ts';
import { findParts, type FoundParts } from '../../src/architectures/diffusion/checkpoint.ts';
import type { FoundPart } from '../../src/architectures/diffusion/checkpoint-parts.ts';
import { clip } from '../../src/architectures/diffusion/clip.ts';
import { sectionsOf, type Sections } from '../../src/architectures/diffusion/names/sections.ts';
import { buildPart, type Part } from '../../src/architectures/diffusion/part.ts';
import { unet } from '../../src/architectures/diffusion/unet.ts';
import { vaeDecoder } from '../../src/architectures/diffusion/vae-decoder.ts';
import { vaeEncoder } from '../../src/architectures/diffusion/vae-encoder.ts';
import type { OnnxModel } from '../../src/formats/onnx/model.ts';
import { valueCount } from '../../src/formats/tensor-bytes.ts';
import type { TensorEntry, TensorTable } from '../../src/formats/tensor-table.ts';

interface Row {
  readonly stored: string;
  readonly storedShape: readonly number[];
  readonly name: string;
  readonly shape: readonly number[];
  /** Which of `parts` equal parts of the stored tensor. */
  readonly part: number;
  readonly parts: number;
}

function rowsOf(file: string): Row[] {
  const text = readFileSync(join(import.meta.dirname, 'diffusion/names', `${file}.json`), 'utf8');
  const rows = JSON.parse(text) as [string, number[], string, number[], number, number][];
  return rows.map(([stored, storedShape, name, shape, part, parts]) => {
    return { stored, storedShape, name, shape, part, parts };
  });
}

/** Halves whose bytes tell where in the file they lie. */
async function fileOf(rows: readonly Row[]): Promise<TensorTable> {
  const tensors = new Map<string, TensorEntry>();
  let offset = 6;
  for (const { stored, storedShape } of rows.toReversed()) {
    if (tensors.has(stored)) continue;
    const bytes = 2 * valueCount(storedShape);
    tensors.set(stored, { name: stored, dtype: 'f16', shape: storedShape, offset, bytes });
    offset += bytes;
  }
  const numbers = Uint16Array.from({ length: Math.ceil(offset / 2) }, (_, at) => Math.imul(at, 40503));
  return { blob: new Blob([numbers]), tensors };
}

async function bytesOf({ blob }: TensorTable, offset: number, bytes: number): Promise<Buffer> {
  return Buffer.from(await blob.slice(offset, offset + bytes).arrayBuffer());
}

const cases: readonly (readonly [string, keyof Sections])[] = [
  ['unet-1', 'unet'],
  ['unet-2', 'unet'],
  ['unet-tiny', 'unet'],
  ['unet-tiny-numbered', 'unet'],
  ['controlnet', 'controlnet'],
  ['vae', 'vae'],
  ['vae-old', 'vae'],
  ['text-1', 'text'],
  ['text-1-bare', 'text'],
  ['text-2', 'text'],
];

describe.each(cases)('%s', (file, section) => {
  it('has the names, shapes and bytes of a folder', async () => {
    const rows = rowsOf(file);
    const table = await fileOf(rows);
    const sections = sectionsOf(table);
    expect(Object.keys(sections)).toEqual([section]);
    const found = sections[section];
    expect(found?.blob).toBe(table.blob);
    expect([...(found?.tensors.keys() ?? [])].sort()).toEqual(rows.map(({ name }) => name).sort());
    for (const { stored, name, shape, part, parts } of rows) {
      const entry = found?.tensors.get(name);
      const whole = table.tensors.get(stored);
      if (!entry || !whole) throw new Error(name);
      expect([entry.name, ...entry.shape]).toEqual([name, ...shape]);
      const bytes = whole.bytes / parts;
      const wanted = await bytesOf(table, whole.offset + part * bytes, bytes);
      expect((await bytesOf(table, entry.offset, entry.bytes)).equals(wanted), name).toBe(true);
    }
  });

  it('has the same names when it is a folder’s already', async () => {
    const rows = rowsOf(file).map((row) => ({ ...row, stored: row.name, storedShape: row.shape, parts: 1 }));
    const table = await fileOf(rows);
    expect(sectionsOf(table)[section]?.tensors).toEqual(table.tensors);
  });
});

it('finds all parts of one file', async () => {
  const rows = ['unet-1', 'vae', 'text-1', 'controlnet'].flatMap(rowsOf);
  const table = await fileOf(rows);
  const { unet, controlnet, vae, text } = sectionsOf(table);
  const counts = [unet, vae, text, controlnet].map((section) => section?.tensors.size ?? 0);
  expect(counts).toEqual(['unet-1', 'vae', 'text-1', 'controlnet'].map((file) => rowsOf(file).length));
});

/** Each part's graph, whatever its structure's type. */
function graphsOf(parts: FoundParts): (OnnxModel | string)[] {
  const form = { batch: 1, height: 8, width: 8, tokens: 77 };
  const build = <S extends Structure>(part: Part<S>, found: FoundPart<S> | undefined): OnnxModel | string => {
    if (!found) return `no ${part.kind}`;
    const built = buildPart(part, found.table, found.structure, form, 'fp16');
    return built.ok ? built.value : built.error.message;
  };
  return [
    build(unet, parts.unet),
    build(clip, parts['text-encoder']),
    build(vaeEncoder, parts['vae-encoder']),
    build(vaeDecoder, parts['vae-decoder']),
  ];
}

it('makes the same graphs over the same bytes from one file and from a folder', async () => {
  const files = ['unet-1', 'vae', 'text-1'].map(rowsOf);
  const single = findParts([{ name: 'all.safetensors', table: await fileOf(files.flat()) }]);
  const folder = await Promise.all(
    files.map(async (rows, index) => {
      const own = rows.map((row) => ({ ...row, stored: row.name, storedShape: row.shape, parts: 1 }));
      return { name: `${index}/model.safetensors`, table: await fileOf(own) };
    }),
  );
  const parts = findParts(folder);
  if (!single.ok || !parts.ok) throw new Error('Not found');
  const [ours, theirs] = [graphsOf(single.value.parts), graphsOf(parts.value.parts)];
  expect(ours.map(withoutPlaces)).toEqual(theirs.map(withoutPlaces));
  expect(ours.every((model) => typeof model !== 'string')).toBe(true);
});

/** The bytes themselves are compared above; where they begin differs between files. */
function withoutPlaces(model: OnnxModel | string): unknown {
  if (typeof model === 'string') return model;
  const initializers = model.initializers.map(({ data, ...rest }) => {
    return { ...rest, data: 'location' in data ? data.length : data };
  });
  return { ...model, initializers };
}
