/**
 * Which pixels are on the engine's shelf. Sources are decoded when they are needed and dropped when
 * memory is short; a result that has to leave is first kept as a lossless PNG, so nothing is lost.
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
  /** Results that left the shelf, as PNG files. */
  readonly #kept = new Map<string, Blob>();
  #clock = 0;

  constructor(services: Promise<Services>, notices: Notices, text: Text) {
    this.#services = services;
    this.#notices = notices;
    this.#text = text;
    services.then(
      ({ engine }) => {
        engine.onShelfLost = () => this.#shelved.clear();
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
      const file = this.#kept.get(result.id);
      if (!file) {
        return fail(
          'worker-died',
          'The engine stopped, and this result is lost with it. Enlarge the picture again.',
        );
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

  async #keep(id: string): Promise<boolean> {
    if (this.#kept.has(id)) return true;
    const { codec } = await this.#services;
    const file = await codec.encode(id, { format: 'png', quality: 1 });
    if (file.ok) this.#kept.set(id, file.value);
    return file.ok;
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
