/**
 * Pictures and models on their way in: files and folders, pasted, shared or launched. What is neither is told, and
 * left.
 */

import type { Failure } from '../../base/errors.ts';
import type { Result } from '../../base/result.ts';
import { isDiffusion, isForeign } from '../../clients/foreign.ts';
import type { ModelCard } from '../../models/card.ts';
import type { Imported } from '../../protocol/library.ts';
import { wordsOf, type Text } from '../i18n/en.ts';
import type { Busy } from './busy.svelte.ts';
import type { SortedFolders } from './diffusers-folders.ts';
import type { Diffusion } from './diffusion.svelte.ts';
import { filesOf, placed, type PlacedFile } from './dropped-files.ts';
import type { Foreign } from './foreign.svelte.ts';
import type { Library } from './library.svelte.ts';
import type { Notices } from './notices.svelte.ts';
import { Picture } from './picture.svelte.ts';
import type { Pictures } from './pictures.svelte.ts';
import type { Services } from './services.ts';
import type { Sorted } from './sort-weights.ts';
import { isWeights } from './weights-names.ts';

const thumbnailSide = 160;

/** Files that are not even worth a place in the queue. */
const notPictures: readonly Failure['code'][] = ['picture-empty', 'picture-unknown'];

/** What is said of files that are no models either. */
const noModel: readonly unknown[] = ['empty', 'picture', 'other-format', 'unknown'];

/** Whether a failure says that a file is a model after all, if not a good one. */
function isModelAfterAll({ code, detail }: Failure): boolean {
  if (code === 'model-unsupported') return !noModel.includes(detail?.['reason']);
  return code === 'model-damaged' || code === 'model-unrecognised';
}

export class Intake {
  readonly #services: Promise<Services>;
  readonly #pictures: Pictures;
  readonly #library: Library;
  readonly #diffusion: Diffusion;
  readonly #foreign: Foreign;
  readonly #busy: Busy;
  readonly #notices: Notices;
  readonly #text: Text;
  readonly #show: (picture: Picture) => void;
  readonly #choose: (card: ModelCard) => void;
  #count = 0;
  #pasted = 0;

  constructor(
    services: Promise<Services>,
    pictures: Pictures,
    library: Library,
    diffusion: Diffusion,
    foreign: Foreign,
    busy: Busy,
    notices: Notices,
    text: Text,
    /** Called with each picture that is about to be seen. */
    show: (picture: Picture) => void,
    /** Called with each model that came in. */
    choose: (card: ModelCard) => void,
  ) {
    this.#services = services;
    this.#pictures = pictures;
    this.#library = library;
    this.#diffusion = diffusion;
    this.#foreign = foreign;
    this.#busy = busy;
    this.#notices = notices;
    this.#text = text;
    this.#show = show;
    this.#choose = choose;
  }

  /** Takes files in one after another; the first good one is shown when it comes. */
  add(files: readonly File[]): Promise<void> {
    return this.#busy.during(() => this.#add(placed(files)));
  }

  async #add(files: readonly PlacedFile[]): Promise<void> {
    const { folders, rest } = await foldersOf(files);
    const { models, others } = await sorted(rest.map(({ file }) => file));
    const added: Picture[] = [];
    let first = true;
    for (const file of others) {
      const picture = await this.#inspected(file, file.name);
      if (!picture) continue;
      this.#pictures.add(picture);
      if (first) this.#show(picture);
      first = false;
      added.push(picture);
    }
    for (const picture of added) await this.#thumbnail(picture);
    // After the pictures, since one of them may have to ask.
    for (const model of models) await this.#import(model);
    for (const folder of folders) await this.#importFolder(folder);
  }

  /** What was let go over the page. */
  async drop(transfer: DataTransfer): Promise<void> {
    const { files, unreadable } = await filesOf(transfer);
    for (const name of unreadable) this.#notices.trouble(this.#text.notices.unreadable(name));
    await this.#busy.during(() => this.#add(files));
  }

  /** Pictures from the clipboard, which have no names worth keeping. */
  async paste(files: readonly File[]): Promise<void> {
    const named = files.map((file) =>
      /^image\.\w+$/.test(file.name) || file.name === ''
        ? new File([file], this.#text.pasted(++this.#pasted), { type: file.type })
        : file,
    );
    await this.add(named);
  }

  async #import(files: readonly File[]): Promise<void> {
    const imported = await this.#taken(files);
    if (imported?.ok) this.#imported(imported.value);
    else if (imported) this.#skip(files[0]?.name ?? '', imported.error);
  }

  /** A diffusion model in a folder of its own. */
  async #importFolder(folder: readonly PlacedFile[]): Promise<void> {
    const taken = await this.#diffusion.import(folder.map(({ file, path }) => ({ name: path, blob: file })));
    if (!taken.ok) this.#skip(folder[0]?.path.split('/')[0] ?? '', taken.error);
  }

  /** Null where a person let an unknown network be, and for what was kept to redraw with. */
  async #taken(files: readonly File[]): Promise<Result<Imported> | null> {
    const imported = await this.#library.import(files);
    if (isForeign(imported)) return this.#foreign.take(files);
    if (!isDiffusion(imported)) return imported;
    const taken = await this.#diffusion.import(files.map((file) => ({ name: file.name, blob: file })));
    return taken.ok ? null : taken;
  }

  /** A file that is no picture may be a model under any name. */
  async #importUnknown(file: File, notPicture: Failure): Promise<void> {
    const imported = await this.#taken([file]);
    if (imported?.ok) this.#imported(imported.value);
    else if (imported) this.#skip(file.name, isModelAfterAll(imported.error) ? imported.error : notPicture);
  }

  #imported({ card, known }: Imported): void {
    const { family, importedModel } = this.#text.models;
    this.#notices.news(importedModel(card.name, family(card.family), card.scale, known));
    this.#choose(card);
  }

  #skip(name: string, why: Failure): void {
    if (why.code === 'cancelled') return;
    this.#notices.trouble(this.#text.notices.skipped(name, wordsOf(this.#text, why)));
  }

  async #inspected(file: File, name: string): Promise<Picture | null> {
    const { codec } = await this.#services;
    const info = await codec.inspect(file);
    if (!info.ok && notPictures.includes(info.error.code)) {
      if (info.error.code === 'picture-empty') this.#skip(name, info.error);
      else await this.#importUnknown(file, info.error);
      return null;
    }
    const picture = new Picture(`picture-${++this.#count}`, file, name);
    if (info.ok) picture.size = { width: info.value.width, height: info.value.height };
    else picture.dispatch({ kind: 'fail', error: info.error });
    return picture;
  }

  async #thumbnail(picture: Picture): Promise<void> {
    if (picture.size === null) return;
    const { codec } = await this.#services;
    const thumbnail = await codec.thumbnail(picture.file, thumbnailSide);
    if (!thumbnail.ok) return;
    if (this.#pictures.list.includes(picture)) picture.thumbnail = thumbnail.value;
    else thumbnail.value.close(); // removed meanwhile
  }
}

/** What sorts folders is loaded with the first of them. */
async function foldersOf(files: readonly PlacedFile[]): Promise<SortedFolders<PlacedFile>> {
  if (!files.some(({ path }) => path.includes('/'))) return { folders: [], rest: files };
  return (await import('./diffusers-folders.ts')).sortFolders(files);
}

async function sorted(files: readonly File[]): Promise<Sorted<File>> {
  if (!files.some(isWeights)) return { models: [], others: files };
  return (await import('./sort-weights.ts')).sortFiles(files);
}

/** The pictures on the clipboard, asked for by a button; null when the browser does not allow it. */
export async function clipboardPictures(): Promise<File[] | null> {
  try {
    const items = await navigator.clipboard.read();
    const files: File[] = [];
    for (const item of items) {
      const type = item.types.find((candidate) => candidate.startsWith('image/'));
      if (type) files.push(new File([await item.getType(type)], '', { type }));
    }
    return files;
  } catch {
    return null;
  }
}
