/** What training programs wrap around a network's tensors, and how to see through it. */

import type { TensorTable } from '../formats/tensor-table.ts';

/** Dictionaries inside a checkpoint that hold the network; averaged weights (`ema`) are the better ones. */
const nests = [
  'params_ema.',
  'params.',
  'state_dict.',
  'model_state_dict.',
  'generator.',
  'net_g.',
  'model.',
];

/** Old ESRGAN files number the parts of `model`; there it is the network's own name. */
const numbered = /^model\.\d/;

/** Before every name: data-parallel training, Lightning modules. */
const wrappers = ['module.', 'netG.', 'net_g.', '_orig_mod.'];

/** The tensors of the best nest, or all, without the prefixes that all of them share. */
export function withoutPrefixes(table: TensorTable): TensorTable {
  for (const nest of nests) {
    const inside = [...table.tensors.keys()].filter((name) => name.startsWith(nest) && !numbered.test(name));
    if (inside.length > 0) return withoutPrefixes(stripped(table, inside, nest));
  }
  const names = [...table.tensors.keys()];
  for (const wrapper of wrappers) {
    if (names.length > 0 && names.every((name) => name.startsWith(wrapper))) {
      return withoutPrefixes(stripped(table, names, wrapper));
    }
  }
  return table;
}

function stripped(table: TensorTable, names: readonly string[], prefix: string): TensorTable {
  const tensors = new Map(
    names.flatMap((name) => {
      const entry = table.tensors.get(name);
      const short = name.slice(prefix.length);
      return entry ? [[short, { ...entry, name: short }] as const] : [];
    }),
  );
  return { blob: table.blob, tensors };
}
