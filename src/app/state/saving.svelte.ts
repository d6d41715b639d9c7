/** Results on their way out: one download, a folder of files, or the clipboard. */

import { ok, type Result } from '../../base/result.ts';
import { resultName, uniqueName } from '../../recipes/file-name.ts';
import { wordsOf, type Text } from '../i18n/en.ts';
import { download } from './download.ts';
import { chosenFolder } from './folder.ts';
import type { Busy } from './busy.svelte.ts';
import type { Choices } from './choices.svelte.ts';
import type { Notices } from './notices.svelte.ts';
import type { Picture } from './picture.svelte.ts';
import type { Services } from './services.ts';
import type { Shelf } from './shelf.ts';

export class Saving {
  readonly #services: Promise<Services>;
  readonly #shelf: Shelf;
  readonly #choices: Choices;
  readonly #all: Busy;
  readonly #notices: Notices;
  readonly #text: Text;
  #busy = $state(false);

  constructor(
    services: Promise<Services>,
    shelf: Shelf,
    choices: Choices,
    busy: Busy,
    notices: Notices,
    text: Text,
  ) {
    this.#all = busy;
    this.#services = services;
    this.#shelf = shelf;
    this.#choices = choices;
    this.#notices = notices;
    this.#text = text;
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** The name that a picture's result is saved under. */
  nameOf(picture: Picture): string {
    const { result } = picture;
    const { format } = this.#choices.current;
    return result ? resultName(picture.name, picture.size ?? result, result, format) : picture.name;
  }

  async save(picture: Picture): Promise<void> {
    await this.#exclusively(async () => {
      const file = await this.#encode(picture);
      if (file) saveAs(file, this.nameOf(picture), picture);
    });
  }

  /** Into a folder of the person's choice where the browser can, else as downloads. */
  async saveAll(pictures: readonly Picture[]): Promise<void> {
    const folder = await chosenFolder();
    if (folder === 'cancelled') return;
    await this.#exclusively(async () => {
      let saved = 0;
      const taken = new Set<string>();
      for (const picture of pictures) {
        const file = await this.#encode(picture);
        if (!file) continue;
        const name = this.nameOf(picture);
        if (folder) {
          const trouble = await folder.write(name, file);
          if (trouble) {
            const { about, notSaved } = this.#text.notices;
            this.#notices.trouble(about(picture.name, notSaved[trouble]));
            continue;
          }
          picture.saved = true;
        } else {
          const single = uniqueName(name, taken);
          taken.add(single);
          saveAs(file, single, picture);
        }
        saved++;
      }
      if (saved > 0) this.#notices.news(this.#text.notices.savedAll(saved));
    });
  }

  async copy(picture: Picture): Promise<void> {
    await this.#exclusively(async () => {
      const png = this.#encodeAs(picture, 'png').then((file) => {
        if (!file.ok) throw new Error(file.error.message);
        return file.value;
      });
      try {
        await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
        this.#notices.news(this.#text.notices.copied);
      } catch {
        this.#notices.trouble(this.#text.notices.copyFailed);
      }
    });
  }

  async #encode(picture: Picture): Promise<Blob | null> {
    const file = await this.#encodeAs(picture, this.#choices.current.format);
    if (file.ok) return file.value;
    this.#notices.trouble(this.#text.notices.about(picture.name, wordsOf(this.#text, file.error)));
    return null;
  }

  async #encodeAs(picture: Picture, format: 'png' | 'jpeg' | 'webp'): Promise<Result<Blob>> {
    if (!picture.result) return ok(picture.file);
    const kept = format === 'png' && (await this.#shelf.file(picture.result.id));
    if (kept) return ok(kept);
    const there = await this.#shelf.result(picture);
    if (!there.ok) return there;
    const { codec } = await this.#services;
    return codec.encode(picture.result.id, { format, quality: this.#choices.current.quality / 100 });
  }

  async #exclusively(work: () => Promise<void>): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      await this.#all.during(work);
    } finally {
      this.#busy = false;
    }
  }
}

function saveAs(file: Blob, name: string, picture: Picture): void {
  download(file, name);
  picture.saved = true;
}
