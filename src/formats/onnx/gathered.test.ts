import { expect, it } from 'vitest';
import { gathered } from './gathered.ts';
import type { OnnxInitializer, OnnxModel } from './model.ts';

const bytes = Uint8Array.from({ length: 1000 }, (_, at) => at % 251);
const at = (name: string, offset: number, length: number): OnnxInitializer => {
  return { name, dtype: 'u8', shape: [length], data: { location: 'weights', offset, length } };
};
const inline: OnnxInitializer = {
  name: 'one',
  dtype: 'u8',
  shape: [1],
  data: { inline: Uint8Array.of(7) },
};
const model: OnnxModel = {
  name: 'few',
  opset: 17,
  inputs: [],
  outputs: [],
  nodes: [],
  initializers: [at('late', 900, 70), inline, at('early', 100, 3), at('again', 900, 70)],
};

it('holds what the graph names and nothing else, each range once', async () => {
  const { model: small, weights } = gathered(model, new Blob([bytes]));
  const all = new Uint8Array(await weights.arrayBuffer());
  expect(all.length).toBe(64 + 70);
  for (const [index, { name, data }] of small.initializers.entries()) {
    const before = model.initializers[index]?.data;
    if (!('location' in data)) {
      expect(data).toBe(before);
      continue;
    }
    expect(data.offset % 64, name).toBe(0);
    const was = before && 'location' in before ? before : { offset: 0, length: 0 };
    expect([...all.subarray(data.offset, data.offset + data.length)], name).toEqual([
      ...bytes.subarray(was.offset, was.offset + was.length),
    ]);
  }
});

/** A file that is too large to be made, of which only the end is looked at. */
const far = 2 ** 32 + 1000;
class LargeBlob extends Blob {
  override slice(start = 0, end = far): Blob {
    return new Blob([bytes]).slice(start - far, end - far);
  }
}

it('begins anew where a file has more bytes than 32 bits count', async () => {
  const beyond = { ...model, initializers: [at('far', far + 10, 5)] };
  const { model: small, weights } = gathered(beyond, new LargeBlob());
  expect(small.initializers[0]?.data).toEqual({ location: 'weights', offset: 0, length: 5 });
  expect([...new Uint8Array(await weights.arrayBuffer())]).toEqual([10, 11, 12, 13, 14]);
});
