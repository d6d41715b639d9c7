import { describe, expect, it } from 'vitest';
import type { NcnnLayer } from '../formats/ncnn/network.ts';
import { span } from './span.ts';

function layer(type: string, weighty: boolean, parameters: [number, number[]][] = []): NcnnLayer {
  return {
    type,
    name: type,
    inputs: [],
    outputs: [],
    parameters: new Map(parameters),
    weights: weighty ? [{ role: 'weight', dtype: 'f32', shape: [1], offset: 0, bytes: 4 }] : [],
  };
}

/** As ncnn's converter writes SPAN: the mean taken off, times `range`, and 22 convolutions. */
function network(range: number, convolutions = 22): NcnnLayer[] {
  return [
    layer('MemoryData', true),
    layer('BinaryOp', false, [[2, [range]]]),
    ...Array.from({ length: convolutions }, () => layer('Convolution', true)),
    ...Array.from({ length: 12 }, () => layer('Swish', false)),
  ];
}

describe('SPAN in ncnn', () => {
  it('has its names in the order of its layers', () => {
    const names = span.ncnnNames?.(network(255));
    expect(names?.slice(0, 3)).toEqual(['mean', 'conv_1.eval_conv', 'block_1.c1_r.eval_conv']);
    expect(names?.slice(-4)).toEqual([
      'block_6.c3_r.eval_conv',
      'conv_2.eval_conv',
      'conv_cat',
      'upsampler.0',
    ]);
  });

  it('is not taken where its values are not times 255, or where layers are missing', () => {
    expect(span.ncnnNames?.(network(1))).toBeNull();
    expect(span.ncnnNames?.(network(255, 21))).toBeNull();
    expect(span.ncnnNames?.(network(255).slice(1))).toBeNull();
  });
});
