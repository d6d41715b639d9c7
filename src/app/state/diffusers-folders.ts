/** Finds folders in diffusers' layout among dropped files by their paths: each is one model. Pure. */

interface Placed {
  readonly path: string;
}

export interface SortedFolders<F> {
  /** The files of one model each. */
  readonly folders: readonly (readonly F[])[];
  readonly rest: readonly F[];
}

/** What tells such a folder: its index, or a part's own folder with a config beside the weights. */
const index = /^(.+)\/model_index\.json$/;
const part = /^(.+)\/(?:unet|vae|text_encoder)\/config\.json$/;

/** Paths become relative to the folder's parent: its own name comes first. */
export function sortFolders<F extends Placed>(files: readonly F[]): SortedFolders<F> {
  const found = files.flatMap(({ path }) => (index.exec(path) ?? part.exec(path))?.[1] ?? []);
  // A folder inside another one belongs to that.
  const roots = [...new Set(found)].filter((root) => !found.some((other) => root.startsWith(`${other}/`)));
  const inside = (root: string): F[] => files.filter(({ path }) => path.startsWith(`${root}/`));
  const folders = roots.map((root) => {
    const parent = root.lastIndexOf('/') + 1;
    return inside(root).map((file) => ({ ...file, path: file.path.slice(parent) }));
  });
  const rest = files.filter(({ path }) => !roots.some((root) => path.startsWith(`${root}/`)));
  return { folders, rest };
}
