/** Models that a person brought: what is kept of them, and the card that follows from it. */

import * as v from 'valibot';
import { families, type Family } from '../architectures/family.ts';
import type { Structure } from '../architectures/architecture.ts';
import type { ForeignModel } from '../architectures/foreign.ts';
import type { Storage } from '../architectures/empty-table.ts';
import {
  networkCost,
  networkRules,
  networkScale,
  networkTensors,
  type Recognised,
} from '../architectures/registry.ts';
import { valueCount } from '../formats/tensor-bytes.ts';
import type { TensorTable } from '../formats/tensor-table.ts';
import { classicFilters } from '../picture/resample-filter.ts';
import type { ModelCard } from './card.ts';
import { foreignSchema } from './foreign-schema.ts';
import { variantSchema, type VariantOf } from './variant.ts';

/** The rest of a card follows from these by what the architecture knows now. */
export interface ImportedModel {
  readonly name: string;
  /** The file that it came from. */
  readonly weights: string;
  readonly family: Family;
  readonly structure: Structure;
  readonly stored: Storage;
  /** Of an ONNX graph that runs as it is: what probing found. Its family is `onnx` and its structure empty. */
  readonly foreign?: ForeignModel;
  /** Of a model that was downloaded. */
  readonly from?: NonNullable<ModelCard['from']>;
  /** Of a model that another one was made smaller to. */
  readonly of?: VariantOf;
}

const schema = v.object({
  name: v.pipe(v.string(), v.nonEmpty()),
  weights: v.string(),
  family: v.picklist(families),
  structure: v.record(v.string(), v.union([v.number(), v.array(v.number())])),
  stored: v.picklist(['fp32', 'fp16', 'q8']),
  foreign: v.exactOptional(foreignSchema),
  from: v.exactOptional(
    v.object({
      available: v.string(),
      homepage: v.string(),
      licence: v.object({
        id: v.string(),
        url: v.exactOptional(v.string()),
        commercialUse: v.nullable(v.boolean()),
      }),
      files: v.exactOptional(
        v.array(v.object({ name: v.string(), sha256: v.string(), verified: v.boolean() })),
      ),
    }),
  ),
  of: v.exactOptional(variantSchema),
});

/** What a browser's storage gave back, checked; null when it is something else. */
export function parseImported(stored: unknown): ImportedModel | null {
  const parsed = v.safeParse(schema, stored);
  return parsed.success ? parsed.output : null;
}

/** The card of an imported model; null where its architecture does not know such a structure any more. */
export function importedCard(
  model: ImportedModel,
  file: { readonly id: string; readonly bytes: number; readonly sha256: string },
): ModelCard | null {
  const { name, weights, family, structure, stored, from, of } = model;
  if (model.foreign) return foreignCard(model, model.foreign, file);
  const scale = networkScale(family, structure);
  if (scale === null) return null;
  return {
    id: file.id,
    origin: 'imported',
    family,
    structure,
    scale,
    name,
    weights,
    stored,
    parameters: networkTensors(family, structure).reduce((sum, { shape }) => sum + valueCount(shape), 0),
    ...networkCost(family, structure),
    tiles: networkRules(family, structure),
    keepsFlat: false,
    file: { path: `${file.id}.safetensors`, bytes: file.bytes, sha256: file.sha256 },
    ...(from && { from }),
    ...(of && { of }),
  };
}

function foreignCard(
  { name, weights, family, structure, stored, from }: ImportedModel,
  foreign: ForeignModel,
  file: { readonly id: string; readonly bytes: number; readonly sha256: string },
): ModelCard {
  return {
    id: file.id,
    origin: 'imported',
    family,
    structure,
    foreign,
    scale: foreign.scale,
    name,
    weights,
    stored,
    parameters: foreign.parameters,
    ...foreign.cost,
    tiles: foreign.rules,
    keepsFlat: foreign.keepsFlat,
    file: { path: `${file.id}.onnx`, bytes: file.bytes, sha256: file.sha256 },
    ...(from && { from }),
  };
}

/** How the network's own tensors are stored in a table: by the first that has at least two sides. */
export function storageOf({ tensors }: TensorTable, { family, structure }: Recognised): Storage {
  const large = networkTensors(family, structure).filter(({ shape }) => shape.length > 1);
  const dtypes = large.map(({ name }) => tensors.get(name)?.dtype);
  if (dtypes.includes('i8') || dtypes.includes('u8')) return 'q8';
  return dtypes.includes('f16') ? 'fp16' : 'fp32';
}

/** A file's name without folders and ending: `models/4x-Sharp.pth` is "4x-Sharp". */
export function nameOfFile(path: string): string {
  return path.replace(/^.*[/\\]/, '').replace(/\.(?:safetensors|pth|pt|ckpt|param|bin|onnx|zip)$/i, '');
}

/** A new id from a name: kebab-case, unlike those that are taken and the names of the classic filters. */
export function freshId(name: string, taken: Iterable<string>): string {
  const known = new Set<string>([...taken, ...classicFilters, 'classic']);
  const kebab = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
    .replace(/^-+|-+$/g, '');
  const stem = kebab === '' ? 'model' : kebab;
  let id = stem;
  for (let n = 2; known.has(id); n++) id = `${stem}-${n}`;
  return id;
}
