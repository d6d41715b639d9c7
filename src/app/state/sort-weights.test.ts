import { describe, expect, it } from 'vitest';
import { sortFiles } from './sort-weights.ts';

function sorted(...names: string[]): unknown {
  const { models, others } = sortFiles(names.map((name) => ({ name })));
  return {
    models: models.map((files) => files.map(({ name }) => name)),
    others: others.map(({ name }) => name),
  };
}

describe('sortFiles', () => {
  it('keeps pictures and models apart', () => {
    expect(sorted('a.png', '4x.PTH', 'README', 'b.safetensors', 'pth')).toEqual({
      models: [['4x.PTH'], ['b.safetensors']],
      others: ['a.png', 'README', 'pth'],
    });
  });

  it('puts the two files of an ncnn network together, and only those', () => {
    expect(sorted('one.param', 'two.bin', 'One.bin', 'one.pth', 'one.pth')).toEqual({
      models: [['one.param', 'One.bin'], ['two.bin'], ['one.pth'], ['one.pth']],
      others: [],
    });
  });

  it('keeps pairs of one name from several folders apart', () => {
    expect(sorted('x.param', 'x.bin', 'X.param', 'x.bin', 'x.param')).toEqual({
      models: [['x.param', 'x.bin'], ['X.param', 'x.bin'], ['x.param']],
      others: [],
    });
  });

  it('puts the files that hold the weights of an ONNX file to it', () => {
    expect(sorted('a.png', 'net.onnx.data', 'net.onnx', 'conv1.weight', 'x.bin', 'readme.md')).toEqual({
      models: [['net.onnx', 'net.onnx.data', 'conv1.weight', 'x.bin']],
      others: ['a.png', 'readme.md'],
    });
    expect(sorted('one.onnx', 'two.onnx', 'two.onnx_data', 'two.onnx.data', 'some.weight')).toEqual({
      models: [['one.onnx'], ['two.onnx', 'two.onnx_data', 'two.onnx.data']],
      others: ['some.weight'],
    });
    expect(sorted('net.onnx', 'other.param', 'other.bin')).toEqual({
      models: [['net.onnx'], ['other.param', 'other.bin']],
      others: [],
    });
  });
});
