/** The catalogue of diffusion models that can be downloaded: its data, and what its reader refuses. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { invariant } from '../base/assert.ts';
import { downloadBytes } from './available.ts';
import { missingParts } from './diffusion-entry.ts';
import { itemsOf, parseDiffusionOffers } from './diffusion-offers.ts';
import { modelHosts } from './model-hosts.ts';

const path = new URL('../../public/models/diffusion.json', import.meta.url);
const json: unknown = JSON.parse(readFileSync(path, 'utf8'));
const parsed = parseDiffusionOffers(json);
invariant(parsed.ok, 'The catalogue is damaged');
const offers = parsed.value;

describe('the catalogue of diffusion models', () => {
  it('begins with the set to take when in doubt, and has one for small GPUs, one for speed and one for previews', () => {
    expect(offers.sets.map(({ id }) => id)).toEqual(['sd15-lcm-tile', 'tiny-lcm', 'sd-turbo', 'taesd']);
    const kinds = offers.sets.map((set) =>
      itemsOf(offers, set).flatMap(({ parts }) => parts.map(({ kind }) => kind)),
    );
    expect(kinds[0]).toEqual(expect.arrayContaining(['lora', 'controlnet']));
  });

  it('has whole models, but for TAESD, and items of one base in a set', () => {
    for (const set of offers.sets) {
      const items = itemsOf(offers, set);
      expect([set.id, missingParts(items)]).toEqual([
        set.id,
        set.id === 'taesd' ? ['text-encoder', 'unet'] : [],
      ]);
      expect([set.id, new Set(items.map(({ base }) => base)).size]).toEqual([set.id, 1]);
    }
  });

  it('names every file once, on a host that the library worker may reach, at a fixed version, with a checksum and evidence', () => {
    const files = offers.items.flatMap((item) => item.files);
    expect(new Set(files.map(({ url }) => url)).size).toBe(files.length);
    for (const { url, sha256, evidence } of files) {
      expect([url, modelHosts.includes(new URL(url).host)]).toEqual([url, true]);
      expect(url).toMatch(/\/resolve\/[0-9a-f]{40}\//);
      expect([url, sha256?.length, evidence.says.length > 5]).toEqual([url, 64, true]);
    }
  });

  it('says of each as many numbers as its files hold in two bytes each, or in four', () => {
    for (const item of offers.items) {
      const values = item.parts.reduce((sum, part) => sum + part.values, 0);
      const each = downloadBytes(item) / values;
      expect([item.id, Math.abs(each - 2) < 0.02 || Math.abs(each - 4) < 0.02]).toEqual([item.id, true]);
    }
  });
});

describe('parseDiffusionOffers', () => {
  const [item] = offers.items;
  const [set] = offers.sets;
  invariant(item && set, 'no items');
  const [file] = item.files;

  it.each([
    [
      'items.0.files.0.evidence',
      { items: [{ ...item, files: [{ ...file, evidence: undefined }] }], sets: [] },
    ],
    [
      'items.0.files.0.url',
      { items: [{ ...item, files: [{ ...file, url: 'http://huggingface.co/a' }] }], sets: [] },
    ],
    ['items.0.files.0.sha256', { items: [{ ...item, files: [{ ...file, sha256: 'abc' }] }], sets: [] }],
    ['items.0.parts.0.kind', { items: [{ ...item, parts: [{ kind: 'eye', values: 1 }] }], sets: [] }],
    ['the whole', { items: [item], sets: [{ ...set, items: ['nothing'] }] }],
    ['the whole', { items: [item, item], sets: [] }],
  ])('refuses what is wrong at %s', (place, change) => {
    expect(parseDiffusionOffers({ version: 1, ...change })).toMatchObject({
      ok: false,
      error: { code: 'model-damaged', detail: { place } },
    });
  });
});
