import { describe, expect, it } from 'vitest';
import type { NcnnLayer } from '../formats/ncnn/network.ts';
import { cunet } from './cunet.ts';
import { upconv } from './upconv.ts';

/** Layers of these types (C, D, I, P: convolution, deconvolution, matrix, pooling), each named by its place. */
function layers(types: string): NcnnLayer[] {
  const full: Record<string, string> = {
    C: 'Convolution',
    D: 'Deconvolution',
    I: 'InnerProduct',
    P: 'Pooling',
  };
  return ['Input', ...[...types].map((type) => full[type] ?? '')].map((type, index) => ({
    type,
    name: `${index}`,
    inputs: [],
    outputs: [],
    parameters: new Map(),
    weights:
      type === 'Input' || type === 'Pooling'
        ? []
        : [{ role: 'weight', dtype: 'f32', shape: [1], offset: 0, bytes: 4 }],
  }));
}

const first = 'CCCCCPIIDC';
const second = 'CCCCCPIICCCPIIDCCPIIDCC';

describe('a CUNet cascade in ncnn', () => {
  it('has its names in the order of its layers', () => {
    const names = cunet.ncnnNames?.(layers(`${first}D${second}`));
    expect(names?.slice(5, 11)).toEqual([
      'unet1.conv2.seblock.conv1',
      'unet1.conv2.seblock.conv2',
      'unet1.conv2_up.turned',
      'unet1.conv3',
      'unet1.conv_bottom.turned',
      'unet2.conv1.conv.0',
    ]);
    expect(names?.at(-1)).toBe('unet2.conv_bottom');
  });

  it('may keep its size, or end in a pixel shuffle', () => {
    expect(cunet.ncnnNames?.(layers(`${first}C${second}`))?.[9]).toBe('unet1.conv_bottom');
    expect(cunet.ncnnNames?.(layers(`${first}D${second}C`))?.at(-1)).toBe('conv_final');
  });

  it.each([`${first}D${second}CC`, `${first}D${second.slice(1)}`, 'CCCD', ''])('is not %s', (types) => {
    expect(cunet.ncnnNames?.(layers(types))).toBeNull();
  });
});

describe('a chain in ncnn', () => {
  it('is named by its place', () => {
    expect(upconv.ncnnNames?.(layers('CCCD'))).toEqual(['net.0', 'net.2', 'net.4', 'net.6.turned']);
    expect(upconv.ncnnNames?.(layers('CCC'))).toEqual(['net.0', 'net.2', 'net.4']);
  });

  it.each([`CPCD`, 'CDC', 'ICD', 'D', ''])('is not %s', (types) => {
    expect(upconv.ncnnNames?.(layers(types))).toBeNull();
  });
});
