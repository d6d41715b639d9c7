/**
 * Which pixels are on the engine's shelf. Sources are decoded when they are needed and dropped when
 * memory is short; results are kept as lossless PNG files too, so that neither that nor an engine that dies loses them.
 */

import type { Result } from '../../base/result.ts';
import { fail, ok } from '../../base/result.ts';
import { SerialQueue } from '../../base/serial-queue.ts';
import { area, type Size } from '../../picture/geometry.ts';
import { Surface } from '../viewer/surface.ts';
import { previewPixels } from './memory.ts';
import type { Text } from '../i18n/en.ts';
import type { Notices } from './notices.svelte.ts';
import type { Picture } from './picture.svelte.ts';
import type { Services } from './services.ts';
import { leaving, type Shelved } from './shelf-budget.ts';

const budget = 512 * 2 ** 20;

export class Shelf {
  readonly #services: Promise<Services>;
  readonly #notices: Notices;
  readonly #text: Text;
  readonly #order = new SerialQueue();
  readonly #shelved = new Map<string, Shelved>();
  /** Results as PNG files: null while a file is being written, and where that failed. */
  readonly #kept = new Map<string, Promise<Blob | null>>();
  /** Told which results are gone with the engine that held them. */
  onLost: (resultIds: readonly string[]) => void = () => undefined;
  #clock = 0;

  constructor(services: Promise<Services>, notices: Notices, text: Text) {
    this.#services = services;
    this.#notices = notices;
    this.#text = text;
    services.then(
      ({ engine }) => {
        engine.onShelfLost = () => void this.#lost();
      },
      () => undefined, // said by whoever starts the services
    );
  }

  /** Makes sure that the picture's own pixels are there, and its before surface too. */
  source(picture: Picture): Promise<Result<Size>> {
    return this.#order.run(async () => {
      if (this.#touch(picture.id) && picture.before && picture.size) return ok(picture.size);
      const { codec } = await this.#services;
      const decoded = await codec.decode(picture.file, picture.id, previewPixels());
      if (!decoded.ok) return decoded;
      const { width, height, opaque, exact, preview } = decoded.value;
      if (!exact && !picture.rounded) {
        picture.rounded = true;
        this.#notices.news(this.#text.notices.about(picture.name, this.#text.notices.rounded));
      }
      picture.size = { width, height };
      picture.opaque = opaque;
      picture.showBefore(await Surface.of(preview, { width, height }));
      this.#put(picture.id, { width, height });
      return ok({ width, height });
    });
  }

  /** Makes sure that a result's pixels are there. */
  result(picture: Picture): Promise<Result<null>> {
    return this.#order.run(async () => {
      const { result } = picture;
      if (!result || this.#touch(result.id)) return ok(null);
      const file = await this.#kept.get(result.id);
      if (!file) {
        const message = 'The engine stopped, and this result is lost with it. Enlarge the picture again.';
        return fail('worker-died', message);
      }
      const { codec } = await this.#services;
      const decoded = await codec.decode(file, result.id, 1);
      if (!decoded.ok) return decoded;
      decoded.value.preview.close();
      this.#put(result.id, result);
      return ok(null);
    });
  }

  /** A job has put its result on the shelf. */
  arrived(resultId: string, size: Size): void {
    this.#put(resultId, size);
    void this.#keep(resultId);
  }

  /** A result as the lossless PNG that is kept of it; null where there is none. */
  file(resultId: string): Promise<Blob | null> {
    return this.#kept.get(resultId) ?? Promise.resolve(null);
  }

  /** Sends away what is too much; `pinned` are the pictures in use. */
  trim(pictures: readonly Picture[], pinned: readonly Picture[]): Promise<void> {
    return this.#order.run(async () => {
      const inUse = new Set(pinned.flatMap(({ id, result }) => (result ? [id, result.id] : [id])));
      for (const id of leaving([...this.#shelved.values()], budget, inUse)) {
        if (pictures.some(({ result }) => result?.id === id) && !(await this.#keep(id))) continue;
        await this.#drop(id);
        const owner = pictures.find((picture) => picture.id === id);
        owner?.showBefore(null);
      }
    });
  }

  /** Forgets a picture's result, or the whole picture. */
  forget(ids: readonly string[]): Promise<void> {
    return this.#order.run(async () => {
      for (const id of ids) {
        this.#kept.delete(id);
        await this.#drop(id);
      }
    });
  }

  /** Once, and again where that failed. */
  async #keep(id: string): Promise<boolean> {
    const known = this.#kept.get(id);
    const file = known ? known.then((blob) => blob ?? this.#write(id)) : this.#write(id);
    this.#kept.set(id, file);
    return (await file) !== null;
  }

  async #write(id: string): Promise<Blob | null> {
    const { codec } = await this.#services;
    const file = await codec.encode(id, { format: 'png', quality: 1 });
    return file.ok ? file.value : null;
  }

  /** The engine is gone with all that was on its shelf; files that were still being written end without it. */
  async #lost(): Promise<void> {
    const ids = [...this.#shelved.keys()];
    this.#shelved.clear();
    const gone: string[] = [];
    for (const id of ids) if (!(await this.#kept.get(id))) gone.push(id);
    this.onLost(gone);
  }

  async #drop(id: string): Promise<void> {
    if (!this.#shelved.delete(id)) return;
    const { engine } = await this.#services;
    await engine.drop(id);
  }

  #put(id: string, size: Size): void {
    this.#shelved.set(id, { id, bytes: area(size) * 4, used: ++this.#clock });
  }

  #touch(id: string): boolean {
    const shelved = this.#shelved.get(id);
    if (shelved) this.#shelved.set(id, { ...shelved, used: ++this.#clock });
    return shelved !== undefined;
  }
}
