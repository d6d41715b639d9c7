/** Finds folders in diffusers' layout among dropped files by their paths: each is one model. Pure. */

interface Placed {
  readonly path: string;
}

export interface SortedFolders<F> {
  /** The files of one model each. */
  readonly folders: readonly (readonly F[])[];
  readonly rest: readonly F[];
}

/** What tells such a folder: its index, or a part's own folder with a config beside the weights or an ONNX graph, or the graphs of a UNet and a text encoder. */
const index = /^(.+)\/model_index\.json$/;
const part = /^(.+)\/(?:(?:unet|vae|vqvae|text_encoder)\/config\.json|(?:unet|vae_decoder)\/[^/]+\.onnx)$/;
const flat = /^(.+)\/[^/]*unet[^/]*\.onnx$/;
const text = /^(.+)\/[^/]*text.?encoder[^/]*\.onnx$/;

/** Paths become relative to the folder's parent: its own name comes first. */
export function sortFolders<F extends Placed>(files: readonly F[]): SortedFolders<F> {
  const around = (pattern: RegExp): string[] => files.flatMap(({ path }) => pattern.exec(path)?.[1] ?? []);
  const texts = around(text);
  const found = [...around(index), ...around(part), ...around(flat).filter((root) => texts.includes(root))];
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
