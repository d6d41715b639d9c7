/**
 * One file on its way: what came is collected, written in records, and read back whole. Where nothing can be
 * kept (storage blocked) it is held for this visit; a full disk ends the download.
 */

import { ok, type Result } from '../../../src/base/result.ts';
import { Chunks } from '../chunks.ts';
import type { PartialEntry, PartialStore } from './partial-store.ts';

/** After this time what came is written even if it is no whole record, so that a dead tab loses little. */
const flushMilliseconds = 5000;

export class PartialFile {
  readonly #store: PartialStore;
  #entry: PartialEntry;
  #chunks = new Chunks();
  /** What could not be kept, behind `#kept`. */
  #held: Blob[] = [];
  #keeps: boolean;
  #flushed = performance.now();

  private constructor(store: PartialStore, entry: PartialEntry, keeps: boolean) {
    this.#store = store;
    this.#entry = entry;
    this.#keeps = keeps;
  }

  /** Goes on with what is kept of the same file at the same address, or begins. */
  static async open(store: PartialStore, wanted: PartialEntry): Promise<PartialFile> {
    const kept = await store.get(wanted.model, wanted.file);
    if (kept.ok && kept.value) {
      const { entry, bytes } = kept.value;
      if (entry.url === wanted.url && entry.total === wanted.total && bytes.size <= entry.total)
        return new PartialFile(store, { ...wanted, version: entry.version, bytes: bytes.size }, true);
    }
    return new PartialFile(store, wanted, kept.ok);
  }

  get total(): number {
    return this.#entry.total;
  }

  /** Bytes that came so far, written or not. */
  get bytes(): number {
    return this.#entry.bytes + this.#heldBytes() + this.#chunks.waiting;
  }

  get version(): string | null {
    return this.#entry.version;
  }

  async begin(version: string | null): Promise<Result<null>> {
    this.#entry = { ...this.#entry, version, bytes: 0 };
    this.#chunks = new Chunks();
    this.#held = [];
    this.#flushed = performance.now();
    if (!this.#keeps) return ok(null);
    return this.#orHold(await this.#store.begin(this.#entry));
  }

  /** Fails only with `storage-full`. */
  async add(bytes: Uint8Array<ArrayBuffer>): Promise<Result<null>> {
    for (const blob of this.#chunks.add(bytes)) {
      const written = await this.#write(blob);
      if (!written.ok) return written;
    }
    return performance.now() - this.#flushed >= flushMilliseconds ? this.flush() : ok(null);
  }

  async flush(): Promise<Result<null>> {
    for (const blob of this.#chunks.end()) {
      const written = await this.#write(blob);
      if (!written.ok) return written;
    }
    return ok(null);
  }

  /** All that came, as the store gives it back. */
  async whole(): Promise<Result<Blob>> {
    const { model, file } = this.#entry;
    if (!this.#keeps && this.#entry.bytes === 0) return ok(new Blob(this.#held));
    const kept = await this.#store.get(model, file);
    return kept.ok ? ok(new Blob([kept.value?.bytes ?? '', ...this.#held])) : kept;
  }

  async #write(blob: Blob): Promise<Result<null>> {
    this.#flushed = performance.now();
    if (this.#keeps) {
      const written = await this.#store.append(this.#entry, blob);
      if (written.ok) {
        this.#entry = { ...this.#entry, bytes: this.#entry.bytes + blob.size };
        return written;
      }
      const held = this.#orHold(written);
      if (!held.ok) return held;
    }
    this.#held.push(blob);
    return ok(null);
  }

  #orHold(written: Result<null>): Result<null> {
    if (written.ok || written.error.code === 'storage-full') return written;
    this.#keeps = false;
    return ok(null);
  }

  #heldBytes(): number {
    return this.#held.reduce((sum, { size }) => sum + size, 0);
  }
}
