/** What the page asks of the engine about an ONNX network that nobody here knows, and what is found by running it. */

import type { ForeignEnd, ForeignModel } from '../architectures/foreign.ts';
import type { Rect } from '../picture/geometry.ts';

/** What a person knows better. */
export interface ForeignWish {
  readonly layout?: ForeignEnd['layout'];
  readonly range?: ForeignEnd['range'];
  readonly order?: ForeignEnd['order'];
}

export interface Probed {
  readonly model: ForeignModel;
  /** The result looks like the picture that went in. */
  readonly resembles: boolean;
  /** A pixel reaches the whole of what the network sees: tiles will differ a little. */
  readonly whole: boolean;
}

export interface ProbeRequest {
  /** The ONNX file, which needs no other. */
  readonly bytes: Blob;
  readonly wish: ForeignWish;
  /** Part of a picture on the shelf, for the test tile; without it one is made. */
  readonly picture?: { readonly id: string; readonly rect: Rect };
}

/** The test tile (all transferred): as it is, enlarged by bicubic interpolation, and by the network. */
export interface TestTile {
  readonly before: ImageBitmap;
  readonly plain: ImageBitmap;
  readonly after: ImageBitmap;
}

export interface ProbedModel extends Probed {
  readonly tile: TestTile;
}
