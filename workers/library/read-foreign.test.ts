import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ForeignEnd, ForeignModel } from '../../src/architectures/foreign.ts';
import { invariant } from '../../src/base/assert.ts';
import { parseImported } from '../../src/models/imported.ts';
import { Library } from './library.ts';
import { base, bytesFor, FakeServer, MemoryStore } from './testing.ts';

const folder = new URL('../../scripts/reference/foreign/', import.meta.url);
const end: ForeignEnd = {
  name: 'input',
  dtype: 'f32',
  layout: 'nchw',
  channels: 3,
  range: 'unit',
  order: 'rgb',
};
const found: ForeignModel = {
  input: end,
  output: { ...end, name: 'output' },
  scale: 2,
  rules: { context: 4, blend: 8, multiple: 1, fixed: { width: 64, height: 48 } },
  keepsFlat: false,
  cost: { flopsPerPixel: 10, bytesPerPixel: 20, bindingPerPixel: 30 },
  parameters: 40,
};

function file(name: string): File {
  return new File([readFileSync(new URL(name, folder))], name);
}

async function started(store = new MemoryStore()): Promise<{ store: MemoryStore; library: Library }> {
  const library = new Library(store, new FakeServer(bytesFor(100)).fetch);
  expect((await library.start(base)).ok).toBe(true);
  return { store, library };
}

describe('an ONNX network that nobody here knows', () => {
  it('is not imported before it was tried, and then is a model like the others', async () => {
    const { library, store } = await started();
    const files = [file('external.onnx'), file('external.onnx.data')];
    expect(await library.import(files)).toMatchObject({
      ok: false,
      error: { code: 'model-unrecognised', detail: { reason: 'foreign' } },
    });
    const read = await library.readForeign(files);
    invariant(read.ok, 'not read');
    expect(read.value).toMatchObject({ name: 'external', weights: 'external.onnx' });
    const kept = await library.keepForeign(read.value, found);
    const card = { family: 'onnx', scale: 2, foreign: found, tiles: found.rules, bytesPerPixel: 20 };
    expect(kept).toMatchObject({ ok: true, value: { known: false, card: { id: 'external', ...card } } });

    const { library: next } = await started(store);
    const catalogue = await next.start(base);
    invariant(catalogue.ok, 'not started');
    expect(catalogue.value.models.find(({ id }) => id === 'external')).toMatchObject(card);
    const opened = await next.open('external');
    invariant(opened.ok, 'not opened');
    // One file that needs no other.
    const again = await next.readForeign([new File([opened.value.bytes], 'again.onnx')]);
    expect(again.ok).toBe(true);
    expect(await next.keepForeign(read.value, found)).toMatchObject({ ok: true, value: { known: true } });
  });

  it('needs all its files, and whole ones', async () => {
    const { library } = await started();
    expect(await library.import([file('external.onnx')])).toMatchObject({
      ok: false,
      error: { detail: { reason: 'half-pair', file: 'external.onnx.data' } },
    });
    expect(await library.import([file('truncated.onnx')])).toMatchObject({
      ok: false,
      error: { code: 'model-damaged' },
    });
  });

  it('is no longer one when its description is broken', () => {
    const model = { name: 'a', weights: 'a', family: 'onnx', structure: {}, stored: 'fp32' } as const;
    expect(parseImported({ ...model, foreign: found })).toEqual({ ...model, foreign: found });
    expect(parseImported({ ...model, foreign: { ...found, scale: 0 } })).toBeNull();
    expect(parseImported({ ...model, foreign: { ...found, input: { ...end, channels: 2 } } })).toBeNull();
  });
});
