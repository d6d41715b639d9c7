/** Files that the system opened with the installed app ("Open with Enlarger"). */

interface LaunchParams {
  readonly files?: readonly FileSystemHandle[];
}

interface LaunchQueue {
  setConsumer(consumer: (params: LaunchParams) => void): void;
}

declare global {
  interface Window {
    /** Only where apps can be installed as file handlers. */
    readonly launchQueue?: LaunchQueue;
  }
}

/** Calls `take` for every launch with files, those before this call included. */
export function onLaunchedFiles(take: (files: readonly File[]) => void): void {
  window.launchQueue?.setConsumer(({ files = [] }) => {
    void read(files).then((read) => {
      if (read.length > 0) take(read);
    });
  });
}

async function read(handles: readonly FileSystemHandle[]): Promise<File[]> {
  const files: File[] = [];
  for (const handle of handles) {
    if (!(handle instanceof FileSystemFileHandle)) continue;
    // A file may be gone by now; the others are still good.
    const file = await handle.getFile().catch(() => null);
    if (file) files.push(file);
  }
  return files;
}
