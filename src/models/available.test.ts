import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { invariant } from '../base/assert.ts';
import { downloadBytes, parseAvailable } from './available.ts';
import { modelHosts, redirectHosts } from './model-hosts.ts';
import { modelUses } from './uses.ts';

const path = new URL('../../public/models/available.json', import.meta.url);
const json: unknown = JSON.parse(readFileSync(path, 'utf8'));

function withModel(change: object): unknown {
  invariant(typeof json === 'object' && json && 'models' in json && Array.isArray(json.models), 'no list');
  const models: readonly unknown[] = json.models;
  const [first] = models;
  return { version: 1, models: [{ ...(first as object), ...change }] };
}

describe('the catalogue of available models', () => {
  const parsed = parseAvailable(json);
  const models = parsed.ok ? parsed.value : [];

  it('is well-formed and large enough', () => {
    expect(parsed).toMatchObject({ ok: true });
    expect(models.length).toBeGreaterThanOrEqual(25);
  });

  it('covers every use', () => {
    for (const use of modelUses)
      expect([use, models.some(({ uses }) => uses.includes(use))]).toEqual([use, true]);
  });

  it('names every file once, on a host that the library worker may reach, encrypted', () => {
    const urls = models.flatMap(({ files }) => files.map(({ url }) => url));
    expect(new Set(urls).size).toBe(urls.length);
    for (const url of urls) {
      const { protocol, host } = new URL(url);
      expect([url, protocol, modelHosts.includes(host)]).toEqual([url, 'https:', true]);
    }
    const used = new Set(urls.map((url) => new URL(url).host));
    expect([...used].sort()).toEqual([...modelHosts].sort());
    // Only the storage of Hugging Face is behind any of them.
    for (const host of redirectHosts) expect(host).toMatch(/\.(?:hf\.co|huggingface\.co)$/);
  });

  it('has a page of evidence for every entry, and a checksum or none, never an empty one', () => {
    for (const { id, evidence, files } of models) {
      expect([id, evidence.page.startsWith('https://'), evidence.says.length > 5]).toEqual([id, true, true]);
      for (const { sha256 } of files)
        expect([id, sha256 === null || sha256.length === 64]).toEqual([id, true]);
    }
  });

  it('says what may be done commercially only where a licence is named', () => {
    for (const { id, licence } of models) {
      expect([id, licence.commercialUse === null]).toEqual([id, licence.id === 'See homepage']);
    }
  });
});

describe('parseAvailable', () => {
  const file = { url: 'https://huggingface.co/a/b', bytes: 5, sha256: null, name: 'a.pth' };

  it.each([
    ['a plain file', { ...file }],
    ['a file of this machine', { ...file, url: 'http://127.0.0.1:8000/a' }],
  ])('takes %s', (_, each) => {
    expect(parseAvailable(withModel({ files: [each] }))).toMatchObject({ ok: true });
  });

  it.each([
    ['models.0.files.0.url', { files: [{ ...file, url: 'http://huggingface.co/a' }] }],
    ['models.0.files.0.url', { files: [{ ...file, url: 'http://127.0.0.1.evil.org/a' }] }],
    ['models.0.files.0.url', { files: [{ ...file, url: 'models/a.pth' }] }],
    ['models.0.files.0.bytes', { files: [{ ...file, bytes: 0 }] }],
    ['models.0.files.0.sha256', { files: [{ ...file, sha256: 'abc' }] }],
    ['models.0.files.0.name', { files: [{ ...file, name: '../a.pth' }] }],
    ['models.0.files.0.name', { files: [{ ...file, name: 'a.exe' }] }],
    ['models.0.files', { files: [] }],
    ['models.0.uses', { uses: [] }],
    ['models.0.family', { family: 'unheard-of' }],
    ['models.0.id', { id: 'Not Kebab' }],
    ['models.0.homepage', { homepage: 'javascript:alert(1)' }],
    ['models.0.licence.url', { licence: { id: 'MIT', url: 'javascript:0', commercialUse: true } }],
    ['models.0.evidence', { evidence: undefined }],
  ])('refuses what is wrong at %s', (place, change) => {
    expect(parseAvailable(withModel(change))).toMatchObject({
      ok: false,
      error: { code: 'model-damaged', detail: { place } },
    });
  });

  it('refuses two models of one id', () => {
    invariant(typeof json === 'object' && json && 'models' in json && Array.isArray(json.models), 'no list');
    const models: readonly unknown[] = json.models;
    const [first] = models;
    expect(parseAvailable({ version: 1, models: [first, first] })).toMatchObject({ ok: false });
  });

  it('sums the bytes of all files', () => {
    expect(downloadBytes({ files: [file, { ...file, bytes: 7 }] })).toBe(12);
  });
});
