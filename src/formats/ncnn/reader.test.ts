import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNcnn } from './reader.ts';

const param = `7767517
4 5
Input            in      0 1 data
Convolution      first   1 1 data a 0=2 1=3 4=1 5=1 6=54 9=2 -23310=1,2.000000e-01
PReLU            slope   1 1 a b 0=2
InnerProduct     last    1 1 b c 0=3 1=0 2=15
`;

const halfTag = [0x47, 0x6b, 0x30, 0x01];

/** Half-precision convolution (54 values) and bias (2), slopes (2), fp32 matrix (15). */
function bin(): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([
    ...halfTag,
    ...new Uint8Array(54 * 2),
    ...new Uint8Array(8),
    ...new Uint8Array(8),
    ...new Uint8Array(4 + 15 * 4),
  ]);
}

describe('ncnn files', () => {
  it('give layers with the ranges of their weights', async () => {
    const result = await readNcnn(param, new Blob([bin()]));
    if (!result.ok) throw new Error(result.error.message);
    const [input, first, slope, last] = result.value.layers;
    expect(input).toMatchObject({ type: 'Input', outputs: ['data'], weights: [] });
    expect(first).toMatchObject({ name: 'first', inputs: ['data'], outputs: ['a'] });
    expect(first?.parameters.get(9)).toEqual([2]);
    expect(first?.parameters.get(10)).toEqual([0.2]);
    expect(first?.weights).toEqual([
      { role: 'weight', dtype: 'f16', shape: [2, 3, 3, 3], offset: 4, bytes: 108 },
      { role: 'bias', dtype: 'f32', shape: [2], offset: 112, bytes: 8 },
    ]);
    expect(slope?.weights).toEqual([{ role: 'slope', dtype: 'f32', shape: [2], offset: 120, bytes: 8 }]);
    expect(last?.weights).toEqual([{ role: 'weight', dtype: 'f32', shape: [3, 5], offset: 132, bytes: 60 }]);
  });

  it('pad half-precision weights to four bytes', async () => {
    const odd = '7767517\n1 1\nConvolution c 0 1 out 0=1 1=1 5=1 6=3\n';
    const bytes = Uint8Array.from([...halfTag, ...new Uint8Array(6 + 2 + 4)]);
    const result = await readNcnn(odd, new Blob([bytes]));
    if (!result.ok) throw new Error(result.error.message);
    expect(result.value.layers[0]?.weights[1]?.offset).toBe(12);
  });

  it.each([
    ['cut short', param, bin().subarray(0, 100)],
    ['with bytes left over', param, Uint8Array.from([...bin(), 0, 0, 0, 0])],
    ['with an unknown kind of weights', param, bin().fill(9, 0, 4)],
    ['of another format', 'something else', bin()],
    ['with fewer layers than said', param.replace('4 5', '5 5'), bin()],
    ['with a broken line', param.replace('PReLU            slope   1 1', 'PReLU slope x y'), bin()],
    ['with a fraction of an input', param.replace('6=54', '6=55'), bin()],
  ])('%s fail', async (_, text, bytes) => {
    const result = await readNcnn(text, new Blob([bytes]));
    expect(result).toMatchObject({ ok: false, error: { code: 'model-damaged' } });
  });

  it('with a layer that we do not know fail by its name', async () => {
    const result = await readNcnn(param.replace('PReLU', 'Strange'), new Blob([bin()]));
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'model-unrecognised', detail: { type: 'Strange' } },
    });
  });

  it('never throw', async () => {
    const line = fc.stringMatching(/^(Convolution|PReLU|Input|InnerProduct|MemoryData) [a-z0-9 =,.-]{0,30}$/);
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 4 }),
        fc.uint8Array({ maxLength: 64 }),
        async (lines, bytes) => {
          const text = ['7767517', `${lines.length} 1`, ...lines].join('\n');
          await readNcnn(text, new Blob([Uint8Array.from(bytes)]));
        },
      ),
      { numRuns: 300 },
    );
  });
});
