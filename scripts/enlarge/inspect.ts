/** `npm run enlarge -- --inspect FILE`: what a weights file holds, found by the app's own readers in Node. */

import { basename } from 'node:path';
import { findWeights, openWeights, type FoundWeights } from '../../src/architectures/open-weights.ts';
import type { ForeignEnd } from '../../src/architectures/foreign.ts';
import { networkRules, networkTensors } from '../../src/architectures/registry.ts';
import type { Failure } from '../../src/base/errors.ts';
import { failure, ok, type Result } from '../../src/base/result.ts';
import { valueCount } from '../../src/formats/tensor-bytes.ts';
import { readWeights, type NamedBlob, type WeightsFile } from '../../src/formats/weights-file.ts';
import type { TileRules } from '../../src/tiles/rules.ts';
import type { Probed } from '../../src/protocol/probe.ts';
import { probe } from '../../workers/engine/probe/probe.ts';
import { openBare } from '../lib/bare-runner.ts';
import { FileBlob } from '../lib/file-blob.ts';
import { blobOf, modelFiles } from './model-files.ts';

interface Network {
  readonly format: WeightsFile['format'];
  readonly family: string;
  readonly structure: FoundWeights['network']['structure'];
  readonly scale: number;
  readonly parameters: number;
  readonly tensors: number;
  /** Of the network's tensors as they are stored. */
  readonly dtypes: readonly string[];
  readonly rules: TileRules;
}

/** An ONNX file of a network that we do not know runs as it is. */
interface ForeignGraph {
  readonly format: 'onnx';
  readonly family: null;
  readonly opset: number;
  readonly nodes: number;
  readonly tensors: number;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** By running it. */
  readonly probed: Probed;
}

export type Inspection = Network | ForeignGraph;

/** Prints a line of JSON, or readable lines, for each file; the result is the exit code. */
export async function inspectAll(files: readonly string[], json: boolean): Promise<number> {
  let failed = 0;
  for (const input of withoutHalves(files)) {
    const found = await inspect(input);
    if (!found.ok) failed++;
    const { code, message } = found.ok ? { code: '', message: '' } : found.error;
    if (json)
      console.log(JSON.stringify(found.ok ? { input, ...found.value } : { input, error: { code, message } }));
    else if (found.ok) console.log(readable(input, found.value));
    else console.error(`${input}: ${message}`);
  }
  return failed > 0 ? 1 : 0;
}

/** Failures: those of the readers, and `model-unavailable` for a path that cannot be read. */
export async function inspect(path: string): Promise<Result<Inspection>> {
  let files: readonly NamedBlob[];
  try {
    const paths = await modelFiles(path);
    files = await Promise.all(paths.map(async (one) => ({ name: basename(one), blob: await blobOf(one) })));
  } catch (thrown) {
    return { ok: false, error: unreadable(path, thrown) };
  }
  const found = await findWeights(files);
  if (!found.ok) return foreign(files, found.error);
  if (!files.some(({ blob }) => blob instanceof FileBlob)) {
    const table = await openWeights(found.value);
    if (!table.ok) return table;
  }
  const { file, stored, network } = found.value;
  const specs = networkTensors(network.family, network.structure);
  const dtypes = new Set(specs.map(({ name }) => stored.tensors.get(name)?.dtype ?? ''));
  return ok({
    format: file.format,
    family: network.family,
    structure: network.structure,
    scale: network.scale,
    parameters: specs.reduce((sum, { shape }) => sum + valueCount(shape), 0),
    tensors: specs.length,
    dtypes: [...dtypes],
    rules: networkRules(network.family, network.structure),
  });
}

async function foreign(files: readonly NamedBlob[], error: Failure): Promise<Result<Inspection>> {
  const file = await readWeights(files);
  // A known family whose tensors are broken, or a file that is none: the first failure says why.
  if (!file.ok || file.value.format !== 'onnx') return { ok: false, error };
  const { header } = file.value;
  const { opset, nodes, inputs, outputs, table } = header;
  if (nodes === 0) return { ok: false, error };
  const probed = await probe(header, openBare, {});
  if (!probed.ok) return probed;
  const tensors = table.tensors.size;
  return ok({ format: 'onnx', family: null, opset, nodes, tensors, inputs, outputs, probed: probed.value });
}

function withoutHalves(files: readonly string[]): string[] {
  return files.filter((path) => !(path.endsWith('.bin') && files.includes(path.replace(/\.bin$/, '.param'))));
}

function unreadable(path: string, thrown: unknown): Failure {
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return failure('model-unavailable', `"${path}" cannot be read (${why}). Check the path.`);
}

function readable(input: string, found: Inspection): string {
  if (found.family === null) {
    return readableForeign(input, found);
  }
  const { family, scale, format, structure, parameters, tensors, dtypes, rules } = found;
  const numbers = Object.entries(structure).map(([name, value]) => `${name} ${[value].flat().join(' ')}`);
  return [
    `${input}: ${family} ${scale}x (${format})`,
    `  ${parameters.toLocaleString('en')} parameters in ${tensors} tensors, stored as ${dtypes.join(', ')}`,
    `  ${numbers.join(', ')}`,
    `  tiles: ${rules.context} pixels of context, ${rules.blend} blended, sides in multiples of ${rules.multiple}`,
  ].join('\n');
}

function readableForeign(input: string, found: ForeignGraph): string {
  const { opset, nodes, tensors, probed } = found;
  const { model, resembles, whole } = probed;
  const end = ({ name, dtype, layout, channels, range, order }: ForeignEnd): string =>
    `"${name}": ${dtype}, ${layout.toUpperCase()}, ${channels === 1 ? 'grey' : order.toUpperCase()}, ${rangeWords[range]}`;
  const { context, blend, multiple, fixed } = model.rules;
  const sides = fixed ? `only ${fixed.width} x ${fixed.height}` : `sides in multiples of ${multiple}`;
  return [
    `${input}: ONNX graph of an unknown network, ${model.scale}x (${nodes} nodes, ${tensors} tensors, opset ${opset})`,
    `  takes ${end(model.input)}`,
    `  gives ${end(model.output)}`,
    `  tiles: ${context} pixels of context, ${blend} blended, ${sides}`,
    ...(whole ? ['  a pixel reaches the whole of what it sees: tiles differ a little'] : []),
    ...(resembles
      ? []
      : ['  what it gives does not look like the picture: values or channels may be others']),
  ].join('\n');
}

const rangeWords: Readonly<Record<ForeignEnd['range'], string>> = {
  unit: 'values 0 to 1',
  byte: 'values 0 to 255',
  signed: 'values -1 to 1',
};
