/**
 * What the library knows of a model: of the shipped ones, which the catalogue (`public/models/catalogue.json`)
 * lists, and of those that a person brought.
 */

import type { Structure } from '../architectures/architecture.ts';
import type { Storage } from '../architectures/empty-table.ts';
import type { Family } from '../architectures/family.ts';
import type { ForeignModel } from '../architectures/foreign.ts';
import type { TileRules } from '../tiles/rules.ts';
import type { ModelUse } from './uses.ts';
import type { VariantOf } from './variant.ts';

export interface ModelFile {
  /** Relative to the catalogue, e.g. `photo-fast.onnx`; of an imported model the name of its own file. */
  readonly path: string;
  readonly bytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

export interface ModelCard {
  /** Stable, kebab-case, e.g. `photo-fast`. */
  readonly id: string;
  readonly origin: 'shipped' | 'imported';
  readonly family: Family;
  /** The numbers that fix the network's shape, as its architecture reads them from the tensors. */
  readonly structure: Structure;
  /** Of an ONNX graph that runs as it is (family `onnx`): how it takes and gives pictures. */
  readonly foreign?: ForeignModel;
  /** Output pixels for one input pixel, per side. */
  readonly scale: number;
  /** Short name for people, e.g. "Photo, fast". */
  readonly name: string;
  /** One plain sentence on when to use it, where somebody wrote one. */
  readonly use?: string;
  readonly uses?: readonly ModelUse[];
  /** Name of the published weights, e.g. "realesr-general-x4v3", or of the file that was imported. */
  readonly weights: string;
  /** How the weights are stored: `fp32`, `fp16`, or `q8` (8-bit in groups, the ends in fp16). */
  readonly stored: Storage;
  readonly parameters: number;
  /** Floating-point operations for one input pixel. */
  readonly flopsPerPixel: number;
  /** Working memory of one run for one input pixel, fp32, in bytes (an upper estimate). */
  readonly bytesPerPixel: number;
  /** Largest single tensor of one run for one input pixel, fp32, in bytes (a GPU buffer binding). */
  readonly bindingPerPixel: number;
  readonly tiles: TileRules;
  /** True where flat input of any colour was measured to come back flat within 1/255. */
  readonly keepsFlat: boolean;
  readonly file: ModelFile;
  /** Licence, source and example: where they are known. */
  readonly licence?: {
    /** SPDX, e.g. `BSD-3-Clause`. */
    readonly id: string;
    /** Path of the notice, relative to the catalogue. */
    readonly notice: string;
    readonly commercialUse: boolean;
  };
  readonly source?: {
    /** The package that holds the published weights: `name@version`. */
    readonly package: string;
    readonly path: string;
    /** Where the authors publish them. */
    readonly homepage: string;
  };
  /** Of a model that was downloaded: the catalogue's entry that it came from, and what that said. */
  readonly from?: {
    readonly available: string;
    readonly homepage: string;
    readonly licence: {
      readonly id: string;
      readonly url?: string;
      /** Null where it is not stated. */
      readonly commercialUse: boolean | null;
    };
    /** As they were downloaded; unverified where nobody has published a checksum. */
    readonly files?: readonly {
      readonly name: string;
      readonly sha256: string;
      readonly verified: boolean;
    }[];
  };
  /** Of a model that another one was made smaller to. */
  readonly of?: VariantOf;
  /** Example pictures, relative to the catalogue. */
  readonly example?: { readonly before: string; readonly after: string };
}

export interface Catalogue {
  readonly version: 1;
  /** Id of the model that is used when nobody chooses. */
  readonly default: string;
  readonly models: readonly ModelCard[];
}
