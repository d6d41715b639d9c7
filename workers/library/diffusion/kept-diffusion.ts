/** Files of diffusion models as the store holds them: taken in, listed, opened, renamed, removed. Nothing is held in memory whole. */

import type { Failure } from '../../../src/base/errors.ts';
import { fail, ok, type Result } from '../../../src/base/result.ts';
import { SerialQueue } from '../../../src/base/serial-queue.ts';
import { whileReadable } from '../../../src/formats/readable.ts';
import type { NamedBlob } from '../../../src/formats/weights-file.ts';
import type { DiffusionEntry, DiffusionModel } from '../../../src/models/diffusion-entry.ts';
import type { FoundDiffusion } from '../../../src/models/diffusion-files.ts';
import { freshId } from '../../../src/models/imported.ts';
import type { ModelStore } from '../../../src/models/model-store.ts';
import type { ImportProgress } from '../../../src/protocol/library.ts';
import type { ImportedDiffusion } from '../../../src/protocol/library-diffusion.ts';
import { hasSha256 } from '../checksum.ts';
import { checksumOf, chunksOf } from '../read-import.ts';
import { filesOf } from './entry-files.ts';

interface Unkept {
  readonly entry: DiffusionEntry;
  readonly bytes: Blob;
  readonly notKept: Failure;
}

export class KeptDiffusion {
  readonly #store: ModelStore;
  readonly #importing = new SerialQueue();
  /** Ids whose bytes were compared with their checksum during this visit. */
  readonly #checked = new Set<string>();
  /** What could not be kept, for this visit. */
  readonly #unkept = new Map<string, Unkept>();

  constructor(store: ModelStore) {
    this.#store = store;
  }

  /** Failures: `model-damaged` for files that cannot be read any more. */
  async take(
    { model, files }: FoundDiffusion,
    onProgress: (progress: ImportProgress) => void,
  ): Promise<Result<ImportedDiffusion>> {
    const bytes = new Blob(files.map(({ blob }) => blob));
    const sha256 = await whileReadable(async () => ok(await checksumOf(bytes, onProgress)));
    if (!sha256.ok) return sha256;
    return this.#importing.run(() => this.#keep(model, bytes, sha256.value));
  }

  async list(): Promise<Result<readonly DiffusionEntry[]>> {
    const list = await this.#store.list();
    const unkept = [...this.#unkept.values()].map(({ entry }) => entry);
    if (!list.ok) return unkept.length > 0 ? ok(unkept) : list;
    const kept = list.value.flatMap(({ id, bytes, sha256, diffusion }): DiffusionEntry[] =>
      diffusion ? [{ ...diffusion, id, bytes, sha256 }] : [],
    );
    return ok([...kept, ...unkept]);
  }

  async open(ids: readonly string[]): Promise<Result<readonly NamedBlob[]>> {
    const opened: { readonly entry: DiffusionEntry; readonly bytes: Blob }[] = [];
    for (const id of ids) {
      const one = this.#unkept.get(id) ?? (await this.#read(id));
      if ('ok' in one) return one;
      opened.push(one);
    }
    return ok(filesOf(opened));
  }

  async rename(id: string, name: string): Promise<Result<DiffusionEntry>> {
    const held = this.#unkept.get(id);
    if (held) this.#unkept.set(id, { ...held, entry: { ...held.entry, name } });
    const renamed = held ? ok(null) : await this.#store.rename(id, name);
    if (!renamed.ok) return renamed;
    const list = await this.list();
    if (!list.ok) return list;
    const entry = list.value.find((one) => one.id === id);
    return entry ? ok(entry) : unknown(id);
  }

  async remove(id: string): Promise<Result<null>> {
    this.#checked.delete(id);
    return this.#unkept.delete(id) ? ok(null) : this.#store.remove(id);
  }

  async #keep(read: DiffusionModel, bytes: Blob, sha256: string): Promise<Result<ImportedDiffusion>> {
    const list = await this.list();
    const all = list.ok ? list.value : [];
    const known = all.find((entry) => entry.sha256 === sha256);
    const name = known?.name ?? read.name;
    // The same bytes again keep their name, and where they came from where that was known.
    const model = { ...(known?.from && { from: known.from }), ...read, name };
    const taken = all.map((entry) => entry.id);
    const id = known?.id ?? freshId(name, taken);
    const entry: DiffusionEntry = { ...model, id, bytes: bytes.size, sha256 };
    const put = await this.#store.put({ id, sha256, bytes: bytes.size, diffusion: model }, chunksOf(bytes));
    const saved = put.ok ? await this.#read(id) : put;
    if (!('ok' in saved)) return ok({ entry, known: known !== undefined });
    if (saved.ok) return saved;
    if (put.ok) await this.#store.remove(id);
    this.#unkept.set(id, { entry, bytes, notKept: saved.error });
    return ok({ entry, known: known !== undefined, notKept: saved.error });
  }

  /** What the store gives back, checked. */
  async #read(id: string): Promise<{ readonly entry: DiffusionEntry; readonly bytes: Blob } | Result<never>> {
    const kept = await this.#store.get(id);
    if (!kept.ok) return kept;
    if (!kept.value?.entry.diffusion) return unknown(id);
    const { entry, bytes } = kept.value;
    const { diffusion, sha256 } = entry;
    if (!diffusion) return unknown(id);
    const whole = bytes.size === entry.bytes && (this.#checked.has(id) || (await hasSha256(bytes, sha256)));
    if (!whole) return damaged(diffusion);
    this.#checked.add(id);
    return { entry: { ...diffusion, id, bytes: entry.bytes, sha256 }, bytes };
  }
}

function unknown(id: string): Result<never> {
  return fail('model-unknown', `There is no diffusion file "${id}" on this device. Open its file again.`, {
    model: id,
  });
}

function damaged({ name, files }: DiffusionModel): Result<never> {
  return fail(
    'model-damaged',
    `The copy of "${name}" on this device is damaged or gone. Delete it and open its file again (${files[0]?.name ?? name}).`,
    { model: name },
  );
}
