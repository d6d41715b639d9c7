/** Well-known models that can be downloaded: what the catalogue of available models says of each. */

import type { Family } from '../architectures/family.ts';
import type { ModelUse } from './uses.ts';

export interface AvailableModel {
  readonly id: string;
  readonly name: string;
  /** One plain sentence on when to use it. */
  readonly use: string;
  readonly uses: readonly ModelUse[];
  readonly family: Family;
  readonly scale: number;
  readonly author: string;
  readonly homepage: string;
  readonly licence: {
    /** SPDX or short name. */
    readonly id: string;
    readonly url?: string;
    /** Null where it is not stated. */
    readonly commercialUse: boolean | null;
  };
  readonly files: readonly {
    readonly url: string;
    readonly bytes: number;
    /** Null where none is published: such a file is unverified. */
    readonly sha256: string | null;
    readonly name: string;
  }[];
  /** Where address and size are recorded. */
  readonly evidence: { readonly page: string; readonly says: string };
}
