import { describe, expect, it } from 'vitest';
import type { AvailableModel } from '../../models/available.ts';
import type { ModelCard } from '../../models/card.ts';
import { entriesOf, everything, found, leftovers, scalesOf, type EntrySources } from './library-entries.ts';

const shipped: ModelCard = {
  id: 'photo-fast',
  origin: 'shipped',
  family: 'srvgg',
  structure: {},
  scale: 4,
  name: 'Photo, fast',
  use: 'Cleans noise.',
  uses: ['photo', 'noise'],
  weights: 'realesr-general-x4v3',
  stored: 'fp16',
  parameters: 1,
  flopsPerPixel: 1,
  bytesPerPixel: 1,
  bindingPerPixel: 1,
  tiles: { context: 1, blend: 8, multiple: 1 },
  keepsFlat: true,
  file: { path: 'photo-fast.onnx', bytes: 100, sha256: 'aa' },
  licence: { id: 'BSD-3-Clause', notice: 'licences/x.txt', commercialUse: true },
  source: { package: 'x@1', path: 'x', homepage: 'https://example.org/' },
};

/** The same without what only shipped models have. */
function own(id: string, more: Partial<ModelCard> = {}): ModelCard {
  const { use, uses, licence, source, ...rest } = shipped;
  expect([use, uses, licence, source]).not.toContain(undefined);
  return { ...rest, id, origin: 'imported', name: id, weights: `${id}.pth`, ...more };
}

const offer: AvailableModel = {
  id: 'sharp',
  name: '4x-Sharp',
  use: 'Invents texture.',
  uses: ['photo', 'text'],
  family: 'esrgan',
  scale: 4,
  author: 'Kim',
  homepage: 'https://example.org/sharp',
  licence: { id: 'CC-BY-NC-SA-4.0', commercialUse: false },
  files: [
    { url: 'https://example.org/a', bytes: 60, sha256: 'bb', name: 'sharp.param' },
    { url: 'https://example.org/b', bytes: 7, sha256: null, name: 'sharp.bin' },
  ],
  evidence: { page: 'https://example.org/sharp', says: '67' },
};
const restorer: AvailableModel = {
  ...offer,
  id: 'clean',
  name: '1x-Clean',
  use: 'Removes JPEG blocks.',
  uses: ['compression'],
  scale: 1,
  files: [{ url: 'https://example.org/c', bytes: 5, sha256: 'cc', name: 'clean.pth' }],
  licence: { id: 'none', commercialUse: null },
};

function sources(more: Partial<EntrySources> = {}): EntrySources {
  return {
    cards: [own('mine'), shipped],
    offers: [offer, restorer],
    stored: [{ id: 'photo-fast', bytes: 100, sha256: 'aa' }],
    address: (path) => `https://app.test/models/${path}`,
    ...more,
  };
}

describe('entriesOf', () => {
  it('lists shipped, own and available models, with what is known of each', () => {
    const [first, second, third, fourth, ...rest] = entriesOf(sources());
    expect(rest).toEqual([]);
    expect(first).toMatchObject({
      group: 'shipped',
      here: true,
      update: false,
      licence: { commercialUse: true, url: 'https://app.test/models/licences/x.txt' },
      source: 'https://example.org/',
    });
    expect(second).toMatchObject({ group: 'own', sentence: null, uses: [], licence: null, source: null });
    expect(third).toMatchObject({ group: 'available', bytes: 67, here: false, unverified: true });
    expect(fourth).toMatchObject({ unverified: false, licence: { commercialUse: null } });
  });

  it('sees that a shipped model is kept in an earlier version, or not at all', () => {
    const stored = [{ id: 'photo-fast', bytes: 90, sha256: '99' }];
    expect(entriesOf(sources({ stored }))[0]).toMatchObject({ here: false, update: true });
    expect(entriesOf(sources({ stored: [] }))[0]).toMatchObject({ here: false, update: false });
  });

  it('lists a downloaded model once, with the licence and the words of its offer', () => {
    const { homepage, licence } = offer;
    const cards = [own('4x-sharp', { from: { available: 'sharp', homepage, licence } })];
    const entries = entriesOf(sources({ cards }));
    expect(entries.map(({ name }) => name)).toEqual(['4x-sharp', '1x-Clean']);
    expect(entries[0]).toMatchObject({
      sentence: 'Invents texture.',
      uses: ['photo', 'text'],
      licence: { id: 'CC-BY-NC-SA-4.0', commercialUse: false, url: null },
      source: homepage,
    });
  });

  it('sees that the catalogue names other bytes than were downloaded', () => {
    const { homepage, licence } = offer;
    const downloaded = (param: string, bin: string): ModelCard =>
      own('4x-sharp', {
        from: {
          available: 'sharp',
          homepage,
          licence,
          files: [
            { name: 'sharp.param', sha256: param, verified: true },
            { name: 'sharp.bin', sha256: bin, verified: false },
          ],
        },
      });
    const entry = (card: ModelCard) => entriesOf(sources({ cards: [card] }))[0];
    expect(entry(downloaded('bb', '11'))).toMatchObject({ update: false, unverified: true });
    expect(entry(downloaded('b0', '11'))).toMatchObject({ update: true });
  });

  it('lets a smaller copy stand for nothing but itself', () => {
    const { homepage, licence } = offer;
    const from = {
      available: 'sharp',
      homepage,
      licence,
      files: [{ name: 'sharp.param', sha256: 'b0', verified: true }],
    };
    const of = { model: '4x-sharp', name: '4x-Sharp', psnr: 50, mean: 0.1, most: 2 };
    const cards = [own('4x-sharp-8bit', { from, of } as unknown as Partial<ModelCard>)];
    const entries = entriesOf(sources({ cards }));
    expect(entries.filter(({ group }) => group === 'available').map(({ offer: of }) => of?.id)).toContain(
      'sharp',
    );
    expect(entries[0]).toMatchObject({ group: 'own', update: false });
  });

  it('has a key of its own for every entry', () => {
    const cards = [own('sharp'), shipped];
    const keys = entriesOf(sources({ cards })).map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('found', () => {
  const entries = entriesOf(sources());
  const names = (filter: Partial<typeof everything>): string[] =>
    found(entries, { ...everything, ...filter }).map(({ name }) => name);

  it('leaves everything without a filter', () => {
    expect(found(entries, everything)).toEqual(entries);
  });

  it('wants every word, in any order and case', () => {
    expect(names({ words: 'FAST photo' })).toEqual(['Photo, fast']);
    expect(names({ words: 'kim' })).toEqual(['4x-Sharp', '1x-Clean']);
    expect(names({ words: 'mine.pth' })).toEqual(['mine']);
    expect(names({ words: 'kim nobody' })).toEqual([]);
  });

  it('filters by group, use and scale together', () => {
    expect(names({ use: 'photo' })).toEqual(['Photo, fast', '4x-Sharp']);
    expect(names({ use: 'photo', group: 'available' })).toEqual(['4x-Sharp']);
    expect(names({ scale: 1 })).toEqual(['1x-Clean']);
    expect(names({ scale: 1, use: 'photo' })).toEqual([]);
  });
});

it('knows the scales that occur', () => {
  expect(scalesOf(entriesOf(sources()))).toEqual([1, 4]);
});

it('knows what is left of models that are gone', () => {
  const gone = { id: 'gone', bytes: 5, sha256: 'dd' };
  expect(leftovers([shipped], [{ id: 'photo-fast', bytes: 1, sha256: 'ee' }, gone])).toEqual([gone]);
});
