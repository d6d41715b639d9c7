/**
 * Whether the runtime's attention operator may be trusted on a device: a small graph that attends by it and by plain operators. It is
 * faster where it makes no logits, but its WebGPU kernel is wrong by percents on some devices (`bounded-attention.ts` says why).
 */

import type { OnnxModel } from '../../formats/onnx/model.ts';
import { GraphBuilder, type GraphOutput, type Precision } from '../graph-builder.ts';
import { boundedAttention } from './bounded-attention.ts';
import { attention } from './layers.ts';

/** Enough for kernels that take tens of queries and of keys at a time, and of neither a whole number of times. */
const [heads, queries, keys] = [2, 75, 77];

/**
 * Takes `queries`, `keys` and `values`, to be filled with anything between -2 and 2; gives `fused_<n>` and `plain_<n>` for each of
 * the widths of heads.
 */
export function attentionProbe(headWidths: readonly number[], precision: Precision): OnnxModel {
  const builder = new GraphBuilder({ blob: new Blob(), tensors: new Map() }, precision, null, []);
  const widest = heads * Math.max(...headWidths);
  const given = (name: string, count: number): string =>
    builder.intoCompute(builder.input(name, 'f32', [1, count, widest]));
  const [q, k, v] = [given('queries', queries), given('keys', keys), given('values', keys)];
  const ends = headWidths.flatMap((size): GraphOutput[] => {
    const width = heads * size;
    const some = (value: string): string =>
      builder.node('Slice', [value, ...[0, width, 2].map((bound) => builder.integers([bound]))]);
    const qkv = [some(q), some(k), some(v)] as const;
    const shape = [1, queries, width];
    const fused = attention(builder, qkv, heads);
    const plain = boundedAttention(builder, qkv, { batch: 1, width, heads, queries, keys });
    return [
      { name: `fused_${size}`, value: builder.outOfCompute(fused), shape },
      { name: `plain_${size}`, value: builder.outOfCompute(plain), shape },
    ];
  });
  return builder.finishWith(ends, 'attention-probe');
}

/** Of the difference over that of the plain values: half precision alone makes a fraction of it, the wrong kernel several times it. */
const most = 1e-2;

/** Whether what the probe gave says that both ways are one. Nothing that is not finite passes. */
export function trustsFused(outputs: Readonly<Record<string, Float32Array>>): boolean {
  const sizes = Object.keys(outputs).flatMap((name) => (name.startsWith('plain_') ? [name.slice(6)] : []));
  return sizes.every((size) => {
    const [fused, plain] = [outputs[`fused_${size}`], outputs[`plain_${size}`]];
    if (!fused || !plain) return false;
    let [off, sum] = [0, 0];
    plain.forEach((value, at) => {
      off += (value - (fused[at] ?? NaN)) ** 2;
      sum += value ** 2;
    });
    return Math.sqrt(off / sum) <= most;
  });
}
