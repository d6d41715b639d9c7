/** `window.enlarger`: the small API for the headless command and for pages that embed the app (docs/api.md). */

import type { Result } from '../../base/result.ts';
import type { ModelCard } from '../../models/card.ts';
import type { BackendChoice, BackendReport } from '../../protocol/backend.ts';
import type { SaveFormat } from '../../protocol/codec.ts';
import type { JobEvent } from '../../protocol/engine.ts';
import type { AlphaRule, ExtraQuality, Fit } from '../../recipes/recipe.ts';

export interface EnlargeOptions {
  /** 0.5 to 16; 4 when neither a scale nor a size nor a recipe is given. */
  readonly scale?: number;
  /** Exact size in pixels: both, or none. */
  readonly width?: number;
  readonly height?: number;
  /** With a size; `crop` when it is not given. */
  readonly fit?: Fit;
  /** A model's id, or a classic filter (`nearest`, `bilinear`, `bicubic`, `lanczos3`). */
  readonly model?: string;
  /** A second upscaler, a model's id or a classic filter, that is mixed into the first's result. */
  readonly second?: string;
  /** Share of the second in the result, 0 to 1; 0.5 when it is not given. */
  readonly visibility?: number;
  /** How transparency is enlarged: `model` (when it is not given), a classic filter, or onto a colour. */
  readonly alpha?: AlphaRule;
  /** In how many orientations every tile runs (1, 2, 4 or 8); 1 when it is not given. */
  readonly extraQuality?: ExtraQuality;
  /** The files of a diffusion model, for recipes that refine or enlarge with one: checkpoints, LoRAs and so on, or all files of a folder. */
  readonly weights?: readonly File[];
  /** A recipe (plain JSON), instead of scale, size, model and what goes with it. */
  readonly recipe?: unknown;
  /** `png` when it is not given. */
  readonly format?: SaveFormat;
  /** 0 to 1, for JPEG and WebP; 0.92 when it is not given. */
  readonly quality?: number;
  readonly backend?: BackendChoice;
  /** The longest side of a tile in input pixels. */
  readonly tile?: number;
  readonly onProgress?: (event: Extract<JobEvent, { kind: 'tile' }>) => void;
  readonly onNotice?: (message: string) => void;
  readonly signal?: AbortSignal;
}

export interface Enlarged {
  readonly blob: Blob;
  readonly width: number;
  readonly height: number;
  /** Of the input, as it is seen. */
  readonly source: { readonly width: number; readonly height: number };
  readonly backend: BackendReport;
  /** The model, filter or models of the recipe, joined by "+"; of a diffusion model the name of its file or folder. */
  readonly model: string;
  readonly tiles: number;
  /** `load` holds decoding, fetching and starting the model. */
  readonly seconds: {
    readonly load: number;
    readonly run: number;
    readonly encode: number;
    readonly total: number;
  };
}

export interface EnlargerApi {
  readonly version: string;
  models(): Promise<Result<readonly ModelCard[]>>;
  /** Starts the engine on a backend; after the jobs that were ordered before. */
  backend(choice?: BackendChoice): Promise<Result<BackendReport>>;
  /**
   * Takes a weights file in (the two of an ncnn network together): `enlarge` knows it by its card's id from then on.
   * `onNotice` hears where the model works but could not be kept.
   */
  importModel(
    files: readonly File[],
    options?: { readonly onNotice?: (message: string) => void },
  ): Promise<Result<ModelCard>>;
  /** Jobs run one after another, in the order of the calls. */
  enlarge(input: Blob, options?: EnlargeOptions): Promise<Result<Enlarged>>;
}

declare global {
  interface Window {
    enlarger?: EnlargerApi;
  }
}
