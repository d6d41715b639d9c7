/** Files with the paths that they had in a dropped folder, which files themselves do not tell. */

export interface PlacedFile {
  readonly file: File;
  /** Inside the outermost folder, that folder's name first; the file's name where it came alone. */
  readonly path: string;
}

/** As they come from a file dialog, which tells paths where a folder was chosen. */
export function placed(files: readonly File[]): readonly PlacedFile[] {
  return files.map((file) => ({ file, path: file.webkitRelativePath || file.name }));
}

/** Every file of a drop, those inside folders included, and the names of what the system would not read. */
export async function filesOf(
  transfer: DataTransfer,
): Promise<{ files: readonly PlacedFile[]; unreadable: readonly string[] }> {
  const entries = [...transfer.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (!entries.some((entry) => entry.isDirectory)) {
    return { files: placed([...transfer.files]), unreadable: [] };
  }
  const found = { files: [], unreadable: [] };
  for (const entry of entries) await collect(entry, found);
  return found;
}

async function collect(
  entry: FileSystemEntry,
  into: { readonly files: PlacedFile[]; readonly unreadable: string[] },
): Promise<void> {
  try {
    if (entry instanceof FileSystemFileEntry) {
      const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
      into.files.push({ file, path: entry.fullPath.replace(/^\//, '') });
    } else if (entry instanceof FileSystemDirectoryEntry) {
      const reader = entry.createReader();
      // A reader gives at most a hundred entries at a time, and none at the end.
      for (;;) {
        const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
          reader.readEntries(resolve, reject),
        );
        if (some.length === 0) return;
        for (const inner of some) await collect(inner, into);
      }
    }
  } catch {
    into.unreadable.push(entry.name);
  }
}
