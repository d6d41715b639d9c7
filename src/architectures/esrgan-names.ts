/**
 * The names that programs gave RRDBNet's tensors over the years, and the canonical ones (Real-ESRGAN,
 * BasicSR): ESRGAN's first program numbered its layers (`model.1.sub.0.RDB1.conv1.0.weight`), BSRGAN, RealSR
 * and ESRGAN's second one named them (`RRDB_trunk.0.RDB1.conv1.weight`).
 */

import type { TensorEntry, TensorTable } from '../formats/tensor-table.ts';

const numbered = /^model\.1\.sub\.(\d+)\.RDB([123])\.(conv[1-5])\.0$/;
/** ESRGAN+ adds one without a number of its own. */
const numberedPlus = /^model\.1\.sub\.(\d+)\.RDB([123])\.(conv1x1)$/;
const numberedBody = /^model\.1\.sub\.\d+$/;
const numberedLayer = /^model\.(\d+)$/;
const trunk = /^RRDB_trunk\.(\d+)\.RDB([123])\.(conv[1-5]|conv1x1)$/;
const upconv = /^upconv(\d)$/;
const single: ReadonlyMap<string, string> = new Map([
  ['trunk_conv', 'conv_body'],
  ['HRconv', 'conv_hr'],
]);

/** The table under canonical names; null when it is not one under older names. */
export function renameEsrgan(table: TensorTable): TensorTable | null {
  const { tensors } = table;
  const old = tensors.has('model.0.weight') && tensors.has('model.1.sub.0.RDB1.conv1.0.weight');
  const trunked = tensors.has('RRDB_trunk.0.RDB1.conv1.weight');
  if (!old && !trunked) return null;
  const ups = (lastLayer(tensors) - 4) / 3;
  const renamed = new Map<string, TensorEntry>();
  for (const [name, entry] of tensors) {
    const dot = name.lastIndexOf('.');
    const stem = name.slice(0, dot);
    const canonical = (old ? numberedName(stem, ups) : trunkName(stem)) + name.slice(dot);
    renamed.set(canonical, { ...entry, name: canonical });
  }
  return { blob: table.blob, tensors: renamed };
}

function lastLayer(tensors: ReadonlyMap<string, TensorEntry>): number {
  const layers = [...tensors.keys()].map((name) => Number(/^model\.(\d+)\./.exec(name)?.[1] ?? 0));
  return Math.max(...layers);
}

/** Layers: first, body, an enlargement with its convolution and activation each time, two more. Others keep their names. */
function numberedName(stem: string, ups: number): string {
  const inner = numbered.exec(stem) ?? numberedPlus.exec(stem);
  if (inner) return dense(inner);
  if (numberedBody.test(stem)) return 'conv_body';
  const layer = Number(numberedLayer.exec(stem)?.[1] ?? NaN);
  if (layer === 0) return 'conv_first';
  if (layer === 3 * ups + 2) return 'conv_hr';
  if (layer === 3 * ups + 4) return 'conv_last';
  return layer > 0 && layer % 3 === 0 ? `conv_up${layer / 3}` : stem;
}

function trunkName(stem: string): string {
  const inner = trunk.exec(stem);
  if (inner) return dense(inner);
  const up = upconv.exec(stem);
  return up ? `conv_up${up[1] ?? ''}` : (single.get(stem) ?? stem);
}

function dense([, block = '', part = '', conv = '']: readonly string[]): string {
  return `body.${block}.rdb${part}.${conv}`;
}
