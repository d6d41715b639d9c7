/** The road from dropped files to a table that `buildGraph` takes, with what was found on the way. */

import { fail, ok, type Result } from '../base/result.ts';
import { becomesSingle, computable } from '../formats/convert-dtypes.ts';
import { firstNotFinite } from '../formats/finite.ts';
import { whileReadable } from '../formats/readable.ts';
import type { Dtype, TensorEntry, TensorTable } from '../formats/tensor-table.ts';
import { readWeights, type NamedBlob, type WeightsFile } from '../formats/weights-file.ts';
import { tableOfNcnn } from './ncnn-table.ts';
import { describeUnknown } from './describe-unknown.ts';
import {
  canonical,
  isWeight,
  knownFamilies,
  networkTensors,
  recognise,
  type Recognised,
} from './registry.ts';

export interface FoundWeights {
  readonly file: WeightsFile;
  /** The network's tensors under canonical names, as they are stored. */
  readonly stored: TensorTable;
  readonly network: Recognised;
}

/**
 * Looks at headers only. Failures: those of `readWeights` and `recognise`. An ONNX file of an unknown network is
 * `model-unrecognised` too: it can still be probed and run as it is.
 */
export async function findWeights(files: readonly NamedBlob[]): Promise<Result<FoundWeights>> {
  const file = await readWeights(files);
  return file.ok ? recogniseFile(file.value) : file;
}

/** What kind of network a file that was read holds. Failures: those of `recognise`. */
export function recogniseFile(file: WeightsFile): Result<FoundWeights> {
  const table = rawTable(file);
  if (!table.ok) return table;
  const stored = canonical(table.value);
  const network = recognise(asComputable(stored));
  if (network.ok) return ok({ file, stored, network: network.value });
  if (network.error.code !== 'model-unrecognised') return network;
  return { ok: false, error: describeUnknown(stored, knownFamilies(), table.value) };
}

/**
 * The table with all that no backend computes with converted once. Failures: `model-damaged` when a weight is
 * no number, or when the file can no longer be read.
 */
export async function openWeights({ stored, network }: FoundWeights): Promise<Result<TensorTable>> {
  return whileReadable(async () => {
    const table = await computable(stored);
    const names = networkTensors(network.family, network.structure).map(({ name }) => name);
    const broken = await firstNotFinite(table, names);
    if (broken === null) return ok(table);
    return fail(
      'model-damaged',
      `The tensor "${broken}" holds values that are no numbers (NaN or infinity), so the model would give empty pictures. ` +
        'Its training failed or the file broke: take another version of it.',
      { reason: 'not-finite', tensor: broken },
    );
  });
}

function rawTable(file: WeightsFile): Result<TensorTable> {
  if (file.format === 'ncnn') return tableOfNcnn(file.network);
  if (file.format !== 'onnx') return ok(file.table);
  const { blob, tensors } = file.header.table;
  return ok({ blob, tensors: new Map([...tensors].filter(([name]) => isWeight(name))) });
}

/** As the table will be when it is converted, so that nothing is converted for a network that nobody knows. */
function asComputable(table: TensorTable): TensorTable {
  const later = (dtype: Dtype): Dtype => (becomesSingle(dtype) ? 'f32' : dtype);
  const relabelled = ([name, entry]: [string, TensorEntry]): [string, TensorEntry] => [
    name,
    { ...entry, dtype: later(entry.dtype) },
  ];
  return { blob: table.blob, tensors: new Map([...table.tensors].map(relabelled)) };
}
