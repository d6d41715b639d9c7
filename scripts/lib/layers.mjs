/** Which folder may import which: the direction of the house, as data for eslint and its test. */

const base = ['src/base'];
const picture = [...base, 'src/picture'];
const readers = [...picture, 'src/tiles', 'src/formats'];
const all = [...readers, 'src/architectures', 'src/diffusion', 'src/recipes', 'src/models', 'src/protocol'];

/** Folder to the folders it may import, next to itself. @type {Readonly<Record<string, readonly string[]>>} */
export const layers = {
  'src/base': [],
  'src/picture': base,
  'src/tiles': picture,
  'src/formats': picture,
  'src/architectures': readers,
  'src/diffusion': readers,
  'src/recipes': [...readers, 'src/diffusion'],
  'src/models': [...readers, 'src/architectures'],
  'src/protocol': all,
  'src/clients': all,
  'src/app': [...all, 'src/clients'],
  'workers/engine': all,
  'workers/codec': all,
  'workers/library': all,
};

/** Folders that run in Node, in workers and in the page alike. */
export const pureFolders = [
  'src/base',
  'src/picture',
  'src/tiles',
  'src/formats',
  'src/architectures',
  'src/diffusion',
  'src/recipes',
  'src/models',
  'src/protocol',
];

/** Folders that nothing in `src` or `workers` may import. */
const outside = ['scripts', 'playwright'];

/** @returns {{ target: string, from: string[], message: string }[]} Zones of `import-x/no-restricted-paths`. */
export function zones() {
  const folders = Object.keys(layers);
  return folders.map((folder) => {
    const allowed = layers[folder] ?? [];
    const from = folders.filter((other) => other !== folder && !allowed.includes(other));
    return {
      target: `./${folder}`,
      from: [...from, ...outside].map((path) => `./${path}`),
      message: `${folder} may import only ${allowed.join(', ') || 'itself'} (scripts/lib/layers.mjs).`,
    };
  });
}
