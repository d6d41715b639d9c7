/** A store of partial downloads in memory, for tests; it can be made to fail. */

import type { Failure } from '../../../src/base/errors.ts';
import { ok, type Result } from '../../../src/base/result.ts';
import type { KeptPartial, PartialEntry, PartialStore } from './partial-store.ts';

export class MemoryPartials implements PartialStore {
  readonly kept = new Map<string, KeptPartial>();
  /** What the next writes say. */
  failure: Failure | null = null;

  get(model: string, file: number): Promise<Result<KeptPartial | null>> {
    return Promise.resolve(ok(this.kept.get(`${model} ${file}`) ?? null));
  }

  begin(entry: PartialEntry): Promise<Result<null>> {
    return this.#write(() => this.kept.set(keyOf(entry), { entry, bytes: new Blob([]) }));
  }

  append(entry: PartialEntry, bytes: Blob): Promise<Result<null>> {
    return this.#write(() => {
      const all = new Blob([this.kept.get(keyOf(entry))?.bytes.slice(0, entry.bytes) ?? '', bytes]);
      this.kept.set(keyOf(entry), { entry: { ...entry, bytes: all.size }, bytes: all });
    });
  }

  remove(model: string): Promise<Result<null>> {
    for (const key of this.kept.keys()) if (key.startsWith(`${model} `)) this.kept.delete(key);
    return Promise.resolve(ok(null));
  }

  list(): Promise<Result<readonly PartialEntry[]>> {
    return Promise.resolve(ok([...this.kept.values()].map(({ entry }) => entry)));
  }

  #write(work: () => void): Promise<Result<null>> {
    if (this.failure) return Promise.resolve({ ok: false, error: this.failure });
    work();
    return Promise.resolve(ok(null));
  }
}

function keyOf({ model, file }: PartialEntry): string {
  return `${model} ${file}`;
}
