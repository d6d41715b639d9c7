import { describe, expect, it } from 'vitest';
import { tensorBytes } from '../tensor-bytes.ts';
import { global, pickleOf, pthOf, stateCode, tensorCode, text, type TestTensor } from '../testing/pickle.ts';
import { readWeights } from '../weights-file.ts';

const floats = (...values: number[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Float32Array.from(values).buffer);
const storages = { '0': floats(1, 2, 3, 4, 5, 6) };
const whole: TestTensor = { name: 'a', key: '0', shape: [2, 3] };

async function read(bytes: Uint8Array<ArrayBuffer>) {
  return readWeights([{ name: 'model.pth', blob: new Blob([bytes]) }]);
}

async function valuesOf(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<number[]> {
  const result = await read(bytes);
  if (!result.ok) throw new Error(result.error.message);
  const table = 'table' in result.value ? result.value.table : null;
  const entry = table?.tensors.get(name);
  if (!table || !entry) throw new Error(`No ${name}`);
  return [...new Float32Array((await tensorBytes(table, entry)).buffer)];
}

describe('a PyTorch archive', () => {
  it.each([{}, { packed: true }, { wide: true }])('gives its tensors (%o)', async (options) => {
    const part = { ...whole, name: 'b', shape: [2], offset: 3 };
    const turned = { ...whole, name: 'c', shape: [3, 2], strides: [1, 3] };
    const bytes = await pthOf(stateCode([whole, part, turned]), storages, options);
    expect(await valuesOf(bytes, 'a')).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await valuesOf(bytes, 'b')).toEqual([4, 5]);
    expect(await valuesOf(bytes, 'c')).toEqual([1, 4, 2, 5, 3, 6]);
  });

  it.each<[string, Partial<TestTensor>]>([
    ['reaches beyond its storage', { shape: [7] }],
    ['begins behind its storage', { offset: 6, shape: [1] }],
    ['has steps beyond its storage', { shape: [2, 2], strides: [5, 2] }],
    ['has a storage that is missing', { key: '9' }],
    ['is larger than numbers go', { shape: [2 ** 50, 2 ** 50] }],
    ['repeats a value without end', { shape: [2 ** 40], strides: [0] }],
  ])('is damaged when a tensor %s', async (_, change) => {
    const result = await read(await pthOf(stateCode([{ ...whole, ...change }]), storages));
    expect(result).toMatchObject({ ok: false, error: { code: 'model-damaged' } });
  });

  it('reads each value only so often', async () => {
    const many = Array.from({ length: 3000 }, (_, index) => ({
      name: `t${index}`,
      key: '0',
      shape: [100_000, 2],
      strides: [1, 100_000],
    }));
    const result = await read(await pthOf(stateCode(many), { '0': new Uint8Array(800_000) }));
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'model-damaged', detail: { reason: 'limit' } },
    });
  });

  it('of a big-endian machine is refused', async () => {
    const result = await read(await pthOf(stateCode([whole]), storages, { byteorder: 'big' }));
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'model-unsupported', detail: { reason: 'big-endian' } },
    });
  });

  it('without weights is refused', async () => {
    const result = await read(await pthOf([0x7d], {}));
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'model-unsupported', detail: { reason: 'empty' } },
    });
  });

  it('without its description is no model', async () => {
    const result = await read(
      (await pthOf(stateCode([whole]), storages)).map((byte) => (byte === 0x6b ? 0x6a : byte)),
    );
    expect(result).toMatchObject({ ok: false });
  });
});

describe('globals', () => {
  const attack = [...global('os', 'system'), ...text('true'), 0x85, 0x52];

  it('that no tensor needs stay inert', async () => {
    const bytes = await pthOf(stateCode([whole], [...text('extra'), ...attack]), storages);
    expect(await valuesOf(bytes, 'a')).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it.each([
    ['around a tensor', [...global('evil', 'wrap'), ...tensorCode(whole), 0x85, 0x52], 'evil.wrap'],
    ['in the place of a storage', tensorCode({ ...whole, storage: 'EvilStorage' }), 'torch.EvilStorage'],
  ])('%s refuse the file by their name', async (_, code, name) => {
    const result = await read(await pthOf(stateCode([whole], [...text('b'), ...code]), storages));
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'model-unsupported', detail: { reason: 'global', global: name } },
    });
  });
});

describe('a stream', () => {
  it('of another program is refused', async () => {
    const result = await read(pickleOf(0x80, 4, ']', '.'));
    expect(result).toMatchObject({ ok: false, error: { detail: { reason: 'foreign-pickle' } } });
  });

  it('that is cut short is damaged', async () => {
    const result = await read(pickleOf(0x80, 2, '(', text('state')));
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'model-damaged', detail: { reason: 'truncated' } },
    });
  });
});
