/**
 * A pass ready to run: so many tiles, any of which reads one rectangle and writes one. Progress, preview,
 * pause, cancel and checkpoints live in jobs/, once for every kind of step.
 */

import type { Failure } from '../../../src/base/errors.ts';
import type { Result } from '../../../src/base/result.ts';
import type { Rect, Size } from '../../../src/picture/geometry.ts';
import type { PixelBlock, PixelStore } from '../../../src/picture/pixel-store.ts';
import type { RefineCheckpoint } from '../../../src/protocol/engine.ts';

export interface PassWork {
  readonly tiles: number;
  readonly tileSize: Size;
  /** Runs one tile, in order, and writes it: what was written, for the preview, if it wrote anything. */
  run(index: number): Promise<Result<Written | null>>;
  /** What a new engine needs next to the stores to go on with the next tile. */
  state(): PassState;
  /** Lets go of what the pass alone holds, once it ended or stopped. */
  release?(): Promise<void>;
}

export interface Written {
  /** Of the output. */
  readonly rect: Rect;
  /** Its pixels, or fewer where these only show what is coming. */
  readonly block: PixelBlock;
}

export interface PassState {
  /** The blender's rims that wait for their neighbours. */
  readonly pending: readonly Float32Array<ArrayBuffer>[];
  readonly limit: Size | null;
  /** The means over the whole picture, as far as they are gathered. */
  readonly means?: readonly Float32Array<ArrayBuffer>[];
  /** How far refining has come. */
  readonly refine?: RefineCheckpoint;
}

export interface PassContext {
  readonly input: PixelStore;
  readonly output: PixelStore;
  readonly notice: (notice: Failure) => void;
}
