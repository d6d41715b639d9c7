/** An ncnn network as its two files tell it: layers in order, each with its weights. */

import type { Dtype } from '../tensor-table.ts';

export interface NcnnWeight {
  readonly role: 'weight' | 'bias' | 'slope' | 'data';
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly bytes: number;
}

export interface NcnnLayer {
  readonly type: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** By parameter id; ids of arrays are already turned positive. */
  readonly parameters: ReadonlyMap<number, readonly number[]>;
  readonly weights: readonly NcnnWeight[];
}

export interface NcnnNetwork {
  readonly layers: readonly NcnnLayer[];
  /** The `.bin` file, in which the weights' ranges lie. */
  readonly blob: Blob;
}
