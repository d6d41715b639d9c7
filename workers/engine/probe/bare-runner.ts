/** A foreign graph as probing runs it: fp32 values of any shape in, of any shape out. */

import type { BuiltGraph } from '../../../src/architectures/built-graph.ts';
import type { Result } from '../../../src/base/result.ts';

export interface Values {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

export interface BareRunner {
  run(values: Values): Promise<Result<Values>>;
  release(): Promise<void>;
}

/** Makes a session on the CPU; the graph has one input and one output, both fp32. */
export type OpenBare = (graph: BuiltGraph) => Promise<Result<BareRunner>>;
