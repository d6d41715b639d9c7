/** A folder of the person's choice, where the browser lets them choose one (Chromium does). */

import { uniqueName } from '../../recipes/file-name.ts';

interface FolderPicker {
  showDirectoryPicker(options: { mode: 'readwrite'; id: string }): Promise<FileSystemDirectoryHandle>;
}

function canPickFolder(target: object): target is FolderPicker {
  return 'showDirectoryPicker' in target;
}

/** Null where only downloads are possible. */
export async function chosenFolder(): Promise<Folder | 'cancelled' | null> {
  if (!canPickFolder(window)) return null;
  try {
    return new Folder(await window.showDirectoryPicker({ mode: 'readwrite', id: 'results' }));
  } catch (thrown) {
    // Closed by the person, or forbidden in a frame: then downloads do.
    return thrown instanceof DOMException && thrown.name === 'AbortError' ? 'cancelled' : null;
  }
}

export type Trouble = 'full' | 'forbidden' | 'other';

export class Folder {
  readonly #handle: FileSystemDirectoryHandle;
  /** Names in use, what lay there before included: nothing is ever overwritten. */
  #taken: Set<string> | null = null;

  constructor(handle: FileSystemDirectoryHandle) {
    this.#handle = handle;
  }

  /** Writes one file; null, or why it could not be written. A file that was begun does not stay. */
  async write(wanted: string, file: Blob): Promise<Trouble | null> {
    let begun: string | null = null;
    try {
      const taken = (this.#taken ??= await this.#names());
      const name = uniqueName(wanted, taken);
      const handle = await this.#handle.getFileHandle(name, { create: true });
      begun = name;
      const stream = await handle.createWritable();
      await stream.write(file);
      await stream.close();
      taken.add(name);
      return null;
    } catch (thrown) {
      if (begun !== null) await this.#handle.removeEntry(begun).catch(() => undefined);
      return troubleOf(thrown);
    }
  }

  async #names(): Promise<Set<string>> {
    const names = new Set<string>();
    for await (const name of this.#handle.keys()) names.add(name);
    return names;
  }
}

function troubleOf(thrown: unknown): Trouble {
  const name = thrown instanceof Error || thrown instanceof DOMException ? thrown.name : '';
  if (name === 'QuotaExceededError') return 'full';
  return name === 'NotAllowedError' || name === 'NoModificationAllowedError' || name === 'SecurityError'
    ? 'forbidden'
    : 'other';
}
