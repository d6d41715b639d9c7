/** What a pickle can become here: data, descriptions of tensors, and inert placeholders for everything else. */

import type { Dtype } from '../tensor-table.ts';

export interface PickleList {
  readonly kind: 'list';
  /** Of a list, a tuple or a set. */
  readonly items: PickleValue[];
}

export interface PickleDict {
  readonly kind: 'dict';
  /** Items under keys that are neither text nor numbers are left out. */
  readonly items: Map<string | number, PickleValue>;
}

/** A name of a program's part; never looked up. */
export interface PickleGlobal {
  readonly kind: 'global';
  readonly name: string;
}

export interface PickleStorage {
  readonly kind: 'storage';
  readonly key: string;
  /** Null for bytes whose meaning the tensor tells. */
  readonly dtype: Dtype | null;
  /** First value of a view into the storage of this key. */
  readonly start: number;
}

export interface PickleTensor {
  readonly kind: 'tensor';
  readonly storage: PickleStorage;
  readonly dtype: Dtype;
  /** Of the first value, in values from the storage's start. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** What a program's part would have made of these: nothing was run. */
export interface PickleInert {
  readonly kind: 'inert';
  /** The global that would have been run. */
  readonly name: string;
  /** It was to make a tensor, as far as its arguments tell. */
  readonly tensor: boolean;
  readonly parts: PickleValue[];
}

export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | { readonly kind: 'bytes' }
  | PickleList
  | PickleDict
  | PickleGlobal
  | PickleStorage
  | PickleTensor
  | PickleInert;

export function isKind<K extends Exclude<PickleValue, null | boolean | number | bigint | string>['kind']>(
  value: PickleValue | undefined,
  kind: K,
): value is Extract<PickleValue, { readonly kind: K }> {
  return typeof value === 'object' && value !== null && value.kind === kind;
}
