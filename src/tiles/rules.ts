import type { Size } from '../picture/geometry.ts';

/** What a network asks of its tiles. All lengths are input pixels. */
export interface TileRules {
  /** Pixels read beyond the written rectangle on every inner side, and discarded from the result. */
  readonly context: number;
  /** Width of the rim in which neighbouring tiles are blended (8 to 16). */
  readonly blend: number;
  /** Side lengths of the read rectangle must be divisible by this (1 when anything goes). */
  readonly multiple: number;
  /** The shortest side that the network can run; 1 when it is not given. */
  readonly least?: number;
  /** The one shape that the network runs, where it has only one; every tile is filled up to it. */
  readonly fixed?: Size;
}
