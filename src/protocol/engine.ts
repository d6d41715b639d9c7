/**
 * What the page asks of the engine worker, and what the codec worker asks of it over the pixel port.
 * Expected failures are `Result` values; a rejected promise is a bug or a dead worker.
 */

import type { Failure } from '../base/errors.ts';
import type { Result } from '../base/result.ts';
import type { RefineState } from '../diffusion/refine/refine.ts';
import type { NamedBlob } from '../formats/weights-file.ts';
import type { ModelCard } from '../models/card.ts';
import type { MeasuredDifference } from '../picture/difference.ts';
import type { Rect, Size } from '../picture/geometry.ts';
import type { Depth, PixelBlock } from '../picture/pixel-store.ts';
import type { Pass } from '../recipes/passes.ts';
import type { Recipe } from '../recipes/recipe.ts';
import type { BackendChoice, BackendReport, Measurement } from './backend.ts';
import type { Drift, DriftRequest } from './drift.ts';
import type { ProbedModel, ProbeRequest } from './probe.ts';

/** A model as the engine takes it: its card and its file's bytes (a Blob, so nothing is copied). */
export interface ModelSource {
  readonly card: ModelCard;
  readonly bytes: Blob;
}

/** A diffusion model as the engine takes it. */
export interface DiffusionSource {
  /** Names are paths inside a folder where files came from one. */
  readonly files: readonly NamedBlob[];
  /** The text tokenizer's merges (`createTokenizer`). */
  readonly merges: Blob;
  /** What is known of models whose files do not tell it. */
  readonly told?: readonly ToldModel[];
  /** LoRAs that were merged before; what is not among them is merged for the job. */
  readonly merged?: readonly MergedPart[];
}

/** `checkpoint` is what a recipe calls the model. */
export interface ToldModel {
  readonly checkpoint: string;
  readonly prediction: 'epsilon' | 'v';
}

/** A part of one of the files, with LoRAs merged into it. */
export interface MergedPart {
  readonly part: 'unet' | 'text-encoder';
  /** The file that the part is in, and those of the LoRAs in their order, by the names that they have among the job's files. */
  readonly from: string;
  readonly loras: readonly { readonly file: string; readonly weight: number }[];
  /** As `mergedFile` writes it. */
  readonly weights: Blob;
}

export interface JobRequest {
  readonly jobId: string;
  /** A picture on the engine's shelf; it stays there. The result is put there as `resultId`. */
  readonly pictureId: string;
  readonly resultId: string;
  readonly recipe: Recipe;
  /** Every model that the recipe names. */
  readonly models: readonly ModelSource[];
  /** What refining needs, where the recipe refines. */
  readonly diffusion?: DiffusionSource;
  /** Longest side of a tile's read rectangle in input pixels; chosen by the engine when absent. */
  readonly tile?: number;
  /** Where an interrupted run of the same job stopped. */
  readonly checkpoint?: Checkpoint;
  /** Tiles are shown in a preview of at most this many pixels for the whole result; 0 for none. */
  readonly previewPixels: number;
}

export type JobEvent =
  /** `backend` is the job's: a model that the GPU got wrong runs elsewhere than the device's others. */
  | {
      readonly kind: 'passes';
      readonly passes: readonly Pass[];
      readonly backend: BackendReport;
      readonly device: BackendReport;
    }
  | {
      /** A tile is done. `progress` is of the whole job, 0..1, by estimated work, never falling. */
      readonly kind: 'tile';
      readonly pass: number;
      /** Tiles done and to do in all passes together. */
      readonly tile: number;
      readonly tiles: number;
      readonly progress: number;
      /** Progress that the next tile will add, and how long it should take, for a bar that moves. */
      readonly next: { readonly progress: number; readonly seconds: number };
      /** Measured on this job's own tiles; before the first of them, by the speeds measured earlier. */
      readonly secondsLeft: number | null;
    }
  | {
      /** Finished pixels: `bitmap` covers `rect` of the pass's output (transferred). */
      readonly kind: 'preview';
      readonly pass: number;
      readonly rect: Rect;
      readonly bitmap: ImageBitmap;
    }
  | { readonly kind: 'state'; readonly state: 'running' | 'paused' }
  /** Something a person should know although the job goes on (a smaller tile, a changed backend). */
  | { readonly kind: 'notice'; readonly notice: Failure };

export interface JobDone {
  readonly kind: 'done';
  readonly resultId: string;
  readonly width: number;
  readonly height: number;
  readonly opaque: boolean;
  /** Tiles run, in all passes. */
  readonly tiles: number;
  readonly seconds: { readonly load: number; readonly run: number };
  /** The job's, and the device's. */
  readonly backend: BackendReport;
  readonly device: BackendReport;
  /** What the job's models reached on its own tiles. */
  readonly measured: readonly Measurement[];
  /** What trying told of models whose files do not tell it. */
  readonly learned?: readonly ToldModel[];
  /** Of redrawing that ran whole in this engine: by which name its speed is remembered, its work and its time. */
  readonly refined?: { readonly name: string; readonly work: number; readonly seconds: number };
}

/** The job stopped before its end. With a checkpoint it can go on, in a new engine as well. */
export interface JobStopped {
  readonly kind: 'stopped';
  readonly error: Failure;
  readonly checkpoint: Checkpoint | null;
}

export type JobOutcome = JobDone | JobStopped;

/**
 * Everything a new engine needs to go on with a job, next to the shelf's pictures (`surrender`).
 * Made by the engine, opaque to everyone else, structured-cloneable.
 */
export interface Checkpoint {
  readonly jobId: string;
  readonly pass: number;
  /** Tiles of that pass that are done, and the read size of its tiles. */
  readonly tile: number;
  readonly tileSize: Size;
  /** What a tile had to be cut down to for lack of memory, if it had to. */
  readonly limit: Size | null;
  /** Tiles done in all passes, and seconds spent, so that the figures go on. */
  readonly tilesDone: number;
  readonly seconds: { readonly load: number; readonly run: number };
  /** The blender's rims that wait for their neighbours. */
  readonly pending: readonly Float32Array<ArrayBuffer>[];
  /** A network's means over the whole picture, as far as its tiles have told them. */
  readonly means?: readonly Float32Array<ArrayBuffer>[];
  /** How far refining has come, between two calls of its networks. */
  readonly refine?: RefineCheckpoint;
  /** Shelf id of every pass's output store. */
  readonly stores: readonly string[];
}

/** What laying tiles over one another keeps for later ones: pixels along two edges, and the tile that is not whole yet. */
export interface RefineWriterState {
  readonly ramp: readonly PixelBlock['data'][];
  readonly tile: Float32Array<ArrayBuffer> | null;
}

export interface RefineCheckpoint {
  readonly process: RefineState;
  readonly writer: RefineWriterState | null;
  /** The largest side of the VAE's tiles in the latent map: it decides which operations there are. */
  readonly vaeTile: number;
  /** Whether there was too little memory for several predictions in one call. */
  readonly inTurn: boolean;
}

/** A picture as it travels between engines. */
export interface ShelvedPicture extends Size {
  readonly id: string;
  readonly depth: Depth;
  readonly buffer: ArrayBuffer;
}

export interface Prepared {
  readonly backend: BackendReport;
  readonly measured: Measurement;
  /** When this model does not run as the backend's report says, why. */
  readonly notice: Failure | null;
}

/** In 8-bit levels, with a picture of the differences, `gain` times as bright as they are. */
export interface Comparison extends MeasuredDifference {
  readonly gain: number;
  readonly picture: ImageBitmap;
}

export interface EngineApi {
  /** Chooses the runtime build and makes the GPU device. Once, before everything else. */
  start(options: EngineOptions): Promise<Result<BackendReport>>;
  /**
   * Loads a model, checks it (golden tile against WASM on a GPU), warms it up and measures it.
   * With `auto` the first model prepared decides between the backends: see the returned report.
   */
  prepare(model: ModelSource): Promise<Result<Prepared>>;
  /** Times a network of this card's shape without its weights: nothing is downloaded. */
  measure(card: ModelCard): Promise<Result<Measurement>>;
  /** Finds out how an ONNX network takes and gives pictures, by running it on the CPU. Failures: `model-unsupported`, `model-damaged`. */
  probe(request: ProbeRequest): Promise<Result<ProbedModel>>;
  /** How far a part in fewer bits is from its original; `cancel` ends it between two calls. Failures: those of `measureDrift`. */
  drift(request: DriftRequest): Promise<Result<Drift>>;
  run(job: JobRequest, onEvent: (event: JobEvent) => void): Promise<JobOutcome>;
  pause(jobId: string): Promise<void>;
  resume(jobId: string): Promise<void>;
  /** Takes effect at the next tile; the run resolves with `cancelled`. */
  cancel(jobId: string): Promise<void>;
  /** A picture's rectangle, scaled down to fit `max`, for the viewer. */
  view(pictureId: string, rect: Rect, max: Size): Promise<Result<ImageBitmap>>;
  /** Puts a copy of a picture's rectangle, which must lie inside it, on the shelf as `newId`: for trying models. */
  crop(pictureId: string, rect: Rect, newId: string): Promise<Result<null>>;
  /** How far two pictures of one size on the shelf are apart. */
  compare(pictureId: string, other: string): Promise<Result<Comparison>>;
  drop(pictureId: string): Promise<void>;
  /** Hands over every picture on the shelf; the engine is of no use afterwards. */
  surrender(): Promise<ShelvedPicture[]>;
  adopt(pictures: readonly ShelvedPicture[]): Promise<void>;
  /** Opens a pixel port: the other end is given to the codec worker. */
  attach(port: MessagePort): Promise<void>;
  /** Tests only: loses the GPU now, as a driver crash would. */
  loseGpu(): Promise<void>;
}

export interface EngineOptions {
  readonly choice: BackendChoice;
  /** Upper bound for WASM threads; the engine takes fewer where there are fewer cores. */
  readonly threads?: number;
  /** Set by the client with `wasm` when it was not a person who chose it. */
  readonly because?: 'gpu-lost';
}

/** The engine's side of the pixel port, called by the codec worker. */
export interface PixelPortApi {
  /** Puts a decoded picture on the shelf; `block.data.buffer` is transferred. */
  put(pictureId: string, block: PixelBlock): Promise<Result<null>>;
  size(pictureId: string): Promise<Result<Size>>;
  read(pictureId: string, rect: Rect): Promise<Result<PixelBlock>>;
}
