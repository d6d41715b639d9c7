/** Which source pixels make an output pixel along one axis, and with what weights. */

import type { ClassicFilter } from './resample-filter.ts';

/** Output pixel i is the sum over k < counts[i] of weights[i * stride + k] times source pixel starts[i] + k. */
export interface Taps {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly weights: Float64Array;
  readonly stride: number;
}

/**
 * Taps for `count` output pixels that divide [origin, origin + extent) of a source of `length` pixels.
 * When that reduces (extent > count) the kernel is widened by the same factor, so that every source
 * pixel counts (no aliasing); `nearest` never is: it takes the pixel at each centre. Taps beyond the
 * source stand for its edge pixel. Weights sum to one.
 */
export function makeTaps(
  filter: ClassicFilter,
  length: number,
  origin: number,
  extent: number,
  count: number,
): Taps {
  const ratio = extent / count;
  const inside = (index: number): number => Math.min(length - 1, Math.max(0, index));
  const starts = new Int32Array(count);
  const counts = new Int32Array(count).fill(1);
  if (filter === 'nearest') {
    for (let i = 0; i < count; i++) starts[i] = inside(Math.floor(origin + (i + 0.5) * ratio));
    return { starts, counts, weights: new Float64Array(count).fill(1), stride: 1 };
  }

  const { radius, weight } = kernels[filter];
  const widening = Math.max(1, ratio);
  const support = radius * widening;
  const stride = Math.min(length, Math.ceil(2 * support) + 1);
  const weights = new Float64Array(count * stride);
  for (let i = 0; i < count; i++) {
    const centre = origin + (i + 0.5) * ratio;
    const first = Math.ceil(centre - support - 0.5);
    const last = Math.floor(centre + support - 0.5);
    const start = inside(first);
    let sum = 0;
    for (let tap = first; tap <= last; tap++) {
      const value = weight((tap + 0.5 - centre) / widening);
      const place = i * stride + inside(tap) - start;
      weights[place] = (weights[place] as number) + value;
      sum += value;
    }
    starts[i] = start;
    counts[i] = inside(last) - start + 1;
    for (let k = i * stride; k < (i + 1) * stride; k++) weights[k] = (weights[k] as number) / sum;
  }
  return { starts, counts, weights, stride };
}

interface Kernel {
  readonly radius: number;
  /** The kernel at a distance in source pixels. */
  readonly weight: (x: number) => number;
}

const kernels: Readonly<Record<Exclude<ClassicFilter, 'nearest'>, Kernel>> = {
  bilinear: { radius: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  // Keys, "Cubic convolution interpolation for digital image processing" (1981), with a = -0.5.
  bicubic: {
    radius: 2,
    weight: (signed) => {
      const x = Math.abs(signed);
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
    },
  },
  // Duchon, "Lanczos filtering in one and two dimensions" (1979): sinc windowed by a sinc 3 times as wide.
  lanczos3: { radius: 3, weight: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}
