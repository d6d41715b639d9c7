/** What the tests of the library share: a small catalogue, a server that counts, a store that can break. */

import { bytesToHex } from '@noble/hashes/utils.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { ok, type Result } from '../../src/base/result.ts';
import { SerialQueue } from '../../src/base/serial-queue.ts';
import type { Catalogue, ModelCard } from '../../src/models/card.ts';
import type { KeptModel, ModelStore } from '../../src/models/model-store.ts';
import type { Fetch } from './download.ts';
import { renamed } from './indexed-store.ts';

export const base = 'https://enlarger.test/models/';

export function bytesFor(length: number, salt = 1): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * salt) & 255);
}

export function cardFor(id: string, bytes: Uint8Array): ModelCard {
  return {
    id,
    origin: 'shipped',
    family: 'srvgg',
    structure: { features: 4 },
    scale: 2,
    name: id,
    use: 'For tests.',
    weights: 'none',
    stored: 'fp16',
    parameters: 1,
    flopsPerPixel: 1,
    bytesPerPixel: 1,
    bindingPerPixel: 1,
    tiles: { context: 1, blend: 8, multiple: 1 },
    keepsFlat: true,
    file: { path: `${id}.onnx`, bytes: bytes.byteLength, sha256: bytesToHex(sha256(bytes)) },
    licence: { id: 'CC0-1.0', notice: 'notice.txt', commercialUse: true },
    source: { package: 'none@1.0.0', path: 'none', homepage: 'https://example.org/' },
    example: { before: 'before.png', after: 'after.png' },
  };
}

/** A server with one model; `serve` may be replaced to break it. */
export class FakeServer {
  readonly card: ModelCard;
  readonly catalogue: Catalogue;
  readonly requests: { readonly url: string; readonly cache: RequestCache | undefined }[] = [];
  serve: (url: string, init?: RequestInit) => Promise<Response>;

  constructor(bytes: Uint8Array<ArrayBuffer>, id = 'tiny') {
    this.card = cardFor(id, bytes);
    this.catalogue = { version: 1, default: id, models: [this.card] };
    this.serve = () => Promise.resolve(new Response(bytes));
  }

  readonly fetch: Fetch = (url, init) => {
    if (url === `${base}catalogue.json`) return Promise.resolve(Response.json(this.catalogue));
    this.requests.push({ url, cache: init?.cache });
    return this.serve(url, init);
  };
}

export class MemoryStore implements ModelStore {
  readonly models = new Map<string, KeptModel>();
  readonly #turns = new SerialQueue();

  get(id: string): Promise<Result<KeptModel | null>> {
    return Promise.resolve(ok(this.models.get(id) ?? null));
  }

  put(...[model, chunks]: Parameters<ModelStore['put']>): Promise<Result<null>> {
    const entry = { ...model, chunks: chunks.length };
    this.models.set(model.id, { entry, bytes: new Blob([...chunks]) });
    return Promise.resolve(ok(null));
  }

  async write(...[id, bytes, chunks, finish]: Parameters<ModelStore['write']>): Promise<Result<boolean>> {
    const written: Blob[] = [];
    for await (const chunk of chunks) written.push(chunk);
    const told = finish();
    if (!told) return ok(false);
    const put = await this.put({ ...told, id, bytes }, written);
    return put.ok ? ok(true) : put;
  }

  describe(...[id, diffusion]: Parameters<ModelStore['describe']>): Promise<Result<null>> {
    const kept = this.models.get(id);
    if (kept) this.models.set(id, { ...kept, entry: { ...kept.entry, diffusion } });
    return Promise.resolve(ok(null));
  }

  rename(id: string, name: string): Promise<Result<null>> {
    const kept = this.models.get(id);
    if (kept) this.models.set(id, { ...kept, entry: renamed(kept.entry, name) });
    return Promise.resolve(ok(null));
  }

  remove(id: string): Promise<Result<null>> {
    this.models.delete(id);
    return Promise.resolve(ok(null));
  }

  alone<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(new DOMException('Ended.', 'AbortError')));
      this.#turns
        .run(async () => {
          if (!signal?.aborted) resolve(await work());
        })
        .catch(reject);
    });
  }

  list(): ReturnType<ModelStore['list']> {
    return Promise.resolve(ok([...this.models.values()].map(({ entry }) => entry)));
  }
}
