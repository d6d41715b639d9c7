/**
 * The networks of a diffusion model as refining sees them: what they take and give, whatever runs them. All values are fp32,
 * channel by channel, row by row; sizes are those of the latent map, an eighth of the picture's.
 */

import type { Result } from '../../base/result.ts';
import type { Size } from '../../picture/geometry.ts';

export type Floats = Float32Array<ArrayBuffer>;

/** What tells the kinds of models apart. */
export interface ModelTraits {
  /** What the UNet predicts: the noise, or the velocity (Salimans and Ho, 2022). */
  readonly prediction: 'epsilon' | 'v';
  /** The UNet's latents are the encoder's means times the first, and the decoder takes them divided by the second. */
  readonly scaling: { readonly encoder: number; readonly decoder: number };
  /** Numbers a token of the text. */
  readonly contextWidth: number;
  /** The token that fills up a chunk of text. */
  readonly padding: number;
  /** The UNet takes the guidance as an input (LCM). */
  readonly guidanceInput: boolean;
}

/** 77 tokens, some of which may name rows of `vectors` (textual inversion) as numbers above the vocabulary. */
export interface Chunk {
  readonly tokens: readonly number[];
}

/** What the UNet is asked for one tile and one text. */
export interface Prediction {
  /** [4, height, width], scaled as the network wants it. */
  readonly sample: Floats;
  readonly size: Size;
  /** 0 to 999, fractions too. */
  readonly timestep: number;
  /** [tokens, contextWidth]. */
  readonly context: Floats;
  /** Of models that take it. */
  readonly guidance: number;
  /** For a ControlNet: [3, 8 height, 8 width] in 0..1, and the factor of each residual; null without. */
  readonly control: { readonly hint: Floats; readonly factors: readonly number[] } | null;
}

/** Failures of all: `out-of-memory`, `gpu-lost`, `model-damaged`. */
export interface Networks {
  readonly traits: ModelTraits;
  /** [77, contextWidth]. */
  text(chunk: Chunk): Promise<Result<Floats>>;
  /** From [3, 8 height, 8 width] in -1..1 to [4, height, width], the posterior's mean, unscaled. */
  encode(pixels: Floats, size: Size): Promise<Result<Floats>>;
  /**
   * Answers the first of several calls of one size, and as many after it as there is memory for at once: in one call of the network.
   */
  predict(calls: readonly Prediction[]): Promise<Result<readonly Floats[]>>;
  /**
   * A denoised latent [4, height, width], scaled as the UNet knows it, as people may see it, [3, 8 height, 8 width] in -1..1; null where that
   * cannot be had, or would take too long now.
   */
  preview?(latent: Floats, size: Size): Promise<Floats | null>;
  /** From unscaled [4, height, width] to [3, 8 height, 8 width] in -1..1, not clamped. */
  decode(latent: Floats, size: Size): Promise<Result<Floats>>;
}
