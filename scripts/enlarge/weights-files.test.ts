import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { weightsFiles } from './weights-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'enlarger-weights-'));
mkdirSync(join(folder, 'mine/unet'), { recursive: true });
mkdirSync(join(folder, 'words'));
for (const name of ['mine/unet/a.safetensors', 'mine/config.json', 'mine/README.md', 'words/config.json']) {
  writeFileSync(join(folder, name), '');
}

const graphs = ['model.onnx', 'model.onnx.data', 'model.onnx_data', 'model.onnx_data_1', 'weights.pb'];
mkdirSync(join(folder, 'graphs'));
for (const name of graphs) writeFileSync(join(folder, 'graphs', name), '');

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('the weights that are named', () => {
  it('are a file, or those of a folder by their paths with it', () => {
    const path = join(folder, 'mine/unet/a.safetensors');
    expect(weightsFiles(path)).toEqual([{ name: 'a.safetensors', path }]);
    expect(weightsFiles(`${join(folder, 'mine')}/`)).toEqual([
      { name: 'mine/config.json', path: join(folder, 'mine/config.json') },
      { name: 'mine/unet/a.safetensors', path },
    ]);
  });

  it('are an ONNX graph’s too, whatever they are called', () => {
    const names = weightsFiles(join(folder, 'graphs')).map(({ name }) => name);
    expect(names).toEqual(graphs.map((name) => `graphs/${name}`));
  });

  it.each([
    ['nowhere', 'There is nothing'],
    ['words', 'holds no weights files'],
  ])('are missed in "%s"', (name, words) => {
    expect(() => weightsFiles(join(folder, name))).toThrow(words);
  });
});
