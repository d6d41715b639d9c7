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
import type { Continue } from '../../../src/formats/half-file.ts';
import { hasSha256 } from '../checksum.ts';
import { formsOf, planFiles, sizeOf, type FileForms } from './convert-files.ts';
import { distinctName, filesOf, type OwnedFile } from './entry-files.ts';
import { checksumWhile, convertedWriting, givenWriting, roomFor } from './writing.ts';

interface Unkept {
  readonly entry: DiffusionEntry;
  readonly bytes: Blob;
  readonly notKept: Failure;
}

/** Milliseconds between two looks whether what waits is still wanted. */
const lookEvery = 200;

/** What a person gave. */
interface Given {
  readonly model: DiffusionModel;
  readonly files: readonly NamedBlob[];
  readonly bytes: Blob;
  readonly sha256: string;
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

  /**
   * `watch` is told how far it is and ends it by `false`, until the last byte is written. Failures: `model-damaged` for files that cannot be
   * read any more, `cancelled`.
   */
  async take(
    { model, files }: FoundDiffusion,
    watch: (progress: ImportProgress) => unknown,
  ): Promise<Result<ImportedDiffusion>> {
    const plans = await planFiles(files);
    const converts = plans.some(({ convert }) => convert !== null);
    const size = sizeOf(plans);
    // It is read to know it again, where it is converted to know what fits half precision, and to be written.
    const total = converts ? 3 * size : 2 * size;
    const from =
      (before: number): Continue =>
      (done) =>
        watch({ bytes: Math.min(total, before + done), total }) !== false;
    const bytes = new Blob(files.map(({ blob }) => blob));
    return whileReadable(async () => {
      const sha256 = await checksumWhile(bytes, from(0));
      if (sha256 === null) return stopped();
      const source: Given = { model, files, bytes, sha256 };
      return this.#alone(from(size), async () => {
        const here = await this.#knownWhole(source, converts);
        if (here) return ok(here);
        if (!converts) return this.#keep(source, null, from(size));
        const forms = await formsOf(plans, from(size));
        return forms ? this.#keep(source, forms, from(2 * size)) : stopped();
      });
    });
  }

  async list(): Promise<Result<readonly DiffusionEntry[]>> {
    const list = await this.#store.list();
    const unkept = [...this.#unkept.values()].map(({ entry }) => entry);
    if (!list.ok) return unkept.length > 0 ? ok(unkept) : list;
    const kept = list.value.flatMap(({ id, bytes, sha256, diffusion }): DiffusionEntry[] =>
      diffusion && !this.#unkept.has(id) ? [{ ...diffusion, id, bytes, sha256 }] : [],
    );
    return ok([...kept, ...unkept]);
  }

  async open(ids: readonly string[]): Promise<Result<readonly OwnedFile[]>> {
    const opened: { readonly entry: DiffusionEntry; readonly bytes: Blob }[] = [];
    for (const id of ids) {
      const one = this.#unkept.get(id) ?? (await this.#read(id));
      if ('ok' in one) return one;
      opened.push(one);
    }
    return ok(filesOf(opened));
  }

  /** Of two files with one name no recipe could say which is meant: the later one gets a number. */
  async rename(id: string, wanted: string): Promise<Result<DiffusionEntry>> {
    const before = await this.list();
    const others = before.ok ? before.value.filter((entry) => entry.id !== id) : [];
    const name = distinctName(wanted, others);
    const held = this.#unkept.get(id);
    if (held) this.#unkept.set(id, { ...held, entry: { ...held.entry, name } });
    const renamed = held ? ok(null) : await this.#store.rename(id, name);
    if (!renamed.ok) return renamed;
    const list = await this.list();
    if (!list.ok) return list;
    const entry = list.value.find((one) => one.id === id);
    return entry ? ok(entry) : unknown(id);
  }

  /** Remembers something else of an entry. Failures: `model-unknown`, those of the storage. */
  async amend(id: string, change: Partial<DiffusionModel>): Promise<Result<DiffusionEntry>> {
    const held = this.#unkept.get(id);
    if (held) {
      const entry = { ...held.entry, ...change };
      this.#unkept.set(id, { ...held, entry });
      return ok(entry);
    }
    const list = await this.#store.list();
    const kept = list.ok ? list.value.find((one) => one.id === id) : undefined;
    if (!kept?.diffusion) return list.ok ? unknown(id) : list;
    const diffusion = { ...kept.diffusion, ...change };
    const described = await this.#store.describe(id, diffusion);
    const { bytes, sha256 } = kept;
    return described.ok ? ok({ ...diffusion, id, bytes, sha256 }) : described;
  }

  async remove(id: string): Promise<Result<null>> {
    this.#checked.delete(id);
    return this.#unkept.delete(id) ? ok(null) : this.#store.remove(id);
  }

  /** One import at a time, of all tabs; what waits can be stopped. */
  async #alone(
    go: Continue,
    work: () => Promise<Result<ImportedDiffusion>>,
  ): Promise<Result<ImportedDiffusion>> {
    const ending = new AbortController();
    const look = setInterval(() => {
      if (!go(0, 1)) ending.abort();
    }, lookEvery);
    const begin = (): Promise<Result<ImportedDiffusion>> => {
      clearInterval(look);
      return work();
    };
    try {
      return await this.#importing.run(() => this.#store.alone(begin, ending.signal));
    } catch (thrown) {
      if (ending.signal.aborted) return stopped();
      throw thrown;
    } finally {
      clearInterval(look);
    }
  }

  /** What these files became when they were taken in before, where that is whole: it stays, and learns what is told now. */
  async #knownWhole({ model, sha256 }: Given, converts: boolean): Promise<ImportedDiffusion | null> {
    const list = await this.list();
    const known =
      list.ok &&
      list.value.find(({ source, ...own }) =>
        source ? [source.sha256, own.sha256].includes(sha256) : !converts && own.sha256 === sha256,
      );
    const read = known && !this.#unkept.has(known.id) ? await this.#read(known.id) : null;
    if (!known || !read || 'ok' in read) return null;
    const { from, trained, smaller } = model;
    const amended = await this.amend(known.id, {
      // What is converted has files of its own.
      ...(known.sha256 === sha256 && { files: model.files }),
      ...(from && { from }),
      ...(trained && { trained }),
      ...(smaller && { smaller }),
      base: model.base ?? known.base,
      prediction: model.prediction ?? known.prediction,
      sampling: model.sampling ?? known.sampling,
    });
    return { entry: amended.ok ? amended.value : known, known: true };
  }

  async #keep(
    { model: read, bytes: given, sha256: source }: Given,
    forms: FileForms | null,
    go: Continue,
  ): Promise<Result<ImportedDiffusion>> {
    const list = await this.list();
    const all = list.ok ? list.value : [];
    const known = all.find((entry) => entry.sha256 === source || entry.source?.sha256 === source);
    const others = all.filter((entry) => entry !== known);
    const name = known?.name ?? distinctName(read.name, others);
    // The same bytes again keep their name, and what else was known.
    const model = {
      ...(known?.from && { from: known.from }),
      ...(known?.trained && { trained: known.trained }),
      ...(known?.smaller && { smaller: known.smaller }),
      ...read,
      prediction: read.prediction ?? known?.prediction ?? null,
      name,
    };
    const inStore = await this.#store.list();
    const taken = inStore.ok ? inStore.value.map((entry) => entry.id) : [];
    const held = known !== undefined && this.#unkept.has(known.id);
    // While a file could not be kept, another tab may have kept a different one under its id.
    const same = known && !(held && taken.includes(known.id));
    const id = same ? known.id : freshId(name, [...taken, ...all.map((entry) => entry.id)]);
    // What takes the place of a kept file is written whole: that one is gone already.
    const on: Continue = (done, total) => go(done, total) || (known !== undefined && !held);
    const writing = forms ? convertedWriting(forms, on) : givenWriting(given, source, on);
    const bytes = writing.bytes;
    const stored: DiffusionModel = forms
      ? {
          ...model,
          files: forms.files.map((file) => ({ name: file.name, bytes: file.bytes })),
          source: { sha256: source, bytes: given.size },
          ...(forms.full.length > 0 && { full: forms.full }),
        }
      : model;
    // What a writing that never ended left under this id takes room too.
    if (inStore.ok && !taken.includes(id)) await this.#store.remove(id);
    // What it takes the place of is freed before.
    const freed = known && !held ? known.bytes : 0;
    const room = await roomFor(Math.max(0, bytes - freed));
    const put = room.ok
      ? await this.#store.write(id, bytes, writing.chunks, () => {
          const sha256 = writing.end();
          return sha256 === null ? null : { sha256, diffusion: stored };
        })
      : room;
    if (put.ok && !put.value) {
      writing.check();
      return stopped();
    }
    this.#checked.delete(id);
    const saved = put.ok ? await this.#read(id) : put;
    if (!('ok' in saved)) {
      if (known) this.#unkept.delete(known.id);
      return ok({ entry: saved.entry, known: known !== undefined });
    }
    if (saved.ok) return saved;
    const before = put.ok || !known ? null : await this.#read(id);
    // Nothing was written: what was there before is whole, and stays.
    if (before && !('ok' in before)) return ok({ entry: before.entry, known: true });
    const broken = before && 'ok' in before && !before.ok && before.error.code === 'model-damaged';
    if (put.ok || broken) await this.#store.remove(id);
    // The person's own files serve for this visit; a job converts what it uses of them.
    const entry: DiffusionEntry = { ...model, id, bytes: given.size, sha256: source };
    if (known) this.#unkept.delete(known.id);
    this.#unkept.set(id, { entry, bytes: given, notKept: saved.error });
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

function stopped(): Result<never> {
  return fail('cancelled', 'Taking the file in was cancelled. Nothing was kept.');
}

function damaged({ name, files }: DiffusionModel): Result<never> {
  return fail(
    'model-damaged',
    `The copy of "${name}" on this device is damaged or gone. Delete it and open its file again (${files[0]?.name ?? name}).`,
    { model: name },
  );
}
