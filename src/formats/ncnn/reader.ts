/**
 * Reads ncnn's `.param` (text: the layers) and `.bin` (their weights, in layer order).
 * https://github.com/Tencent/ncnn/wiki/param-and-model-file-structure
 */

import { fail, ok, type Result } from '../../base/result.ts';
import { dtypeBytes, valueCount } from '../tensor-bytes.ts';
import type { Dtype } from '../tensor-table.ts';
import type { NcnnLayer, NcnnNetwork, NcnnWeight } from './network.ts';

const magic = '7767517';
const halfTag = 0x01306b47;
const mostLayers = 100_000;

interface ParsedLayer extends Omit<NcnnLayer, 'weights'> {
  /** What the layer reads from the `.bin`, in order. */
  readonly plan: readonly WeightPlan[];
}

interface WeightPlan {
  readonly role: NcnnWeight['role'];
  readonly shape: readonly number[];
  /** Tagged weights say their own dtype; all others are fp32. */
  readonly tagged: boolean;
}

/** Failures: `model-damaged` with the line or layer that is wrong, `model-unrecognised` for a layer with weights that we do not know. */
export async function readNcnn(param: string, bin: Blob): Promise<Result<NcnnNetwork>> {
  const parsed = parseLayers(param);
  if (!parsed.ok) return parsed;
  const layers: NcnnLayer[] = [];
  let offset = 0;
  for (const { plan, ...layer } of parsed.value) {
    const weights: NcnnWeight[] = [];
    for (const { role, shape, tagged } of plan) {
      let dtype: Dtype = 'f32';
      if (tagged) {
        const tag = await readTag(bin, offset);
        if (tag !== 0 && tag !== halfTag)
          return damaged(`the weights of layer "${layer.name}" have an unknown kind`);
        if (tag === halfTag) dtype = 'f16';
        offset += 4;
      }
      const bytes = valueCount(shape) * dtypeBytes[dtype];
      if (offset + bytes > bin.size) return damaged(`the weights end before layer "${layer.name}"`);
      weights.push({ role, dtype, shape, offset, bytes });
      offset += Math.ceil(bytes / 4) * 4;
    }
    layers.push({ ...layer, weights });
  }
  if (offset !== bin.size) return damaged(`${bin.size - offset} bytes are left over after the last layer`);
  return ok({ layers, blob: bin });
}

async function readTag(bin: Blob, offset: number): Promise<number | null> {
  const bytes = await bin.slice(offset, offset + 4).arrayBuffer();
  return bytes.byteLength === 4 ? new DataView(bytes).getUint32(0, true) : null;
}

function parseLayers(param: string): Result<ParsedLayer[]> {
  const [first, counts, ...lines] = param.split('\n').map((line) => line.trim());
  if (first !== magic) return damaged('its first line is not that of an ncnn network');
  const count = Number(counts?.split(/\s+/)[0]);
  const filled = lines.filter((line) => line !== '');
  if (filled.length !== count || count > mostLayers) {
    return damaged(`it has ${filled.length} layers and says ${counts ?? 'nothing'}`);
  }
  const layers: ParsedLayer[] = [];
  for (const line of filled) {
    const layer = parseLayer(line);
    if (!layer.ok) return layer;
    layers.push(layer.value);
  }
  return ok(layers);
}

/** `Type name inputs outputs input... output... id=value...` */
function parseLayer(line: string): Result<ParsedLayer> {
  const [type = '', name = '', inputCount, outputCount, ...rest] = line.split(/\s+/);
  const [ins, outs] = [Number(inputCount), Number(outputCount)];
  if (!Number.isInteger(ins) || !Number.isInteger(outs) || ins < 0 || outs < 0 || rest.length < ins + outs) {
    return damaged(`the line "${line.slice(0, 80)}" is not a layer`);
  }
  const parameters = new Map<number, readonly number[]>();
  for (const pair of rest.slice(ins + outs)) {
    const [key, value = ''] = pair.split('=');
    const id = Number(key);
    const values = value.split(',').map(Number);
    if (!Number.isInteger(id) || values.some(Number.isNaN))
      return damaged(`layer "${name}" has a bad parameter`);
    // Arrays have ids from -23300 downwards and begin with their length.
    if (id <= -23300) parameters.set(-id - 23300, values.slice(1));
    else parameters.set(id, values);
  }
  const plan = weightPlan(type, name, parameters);
  if (!plan.ok) return plan;
  const [inputs, outputs] = [rest.slice(0, ins), rest.slice(ins, ins + outs)];
  return ok({ type, name, inputs, outputs, parameters, plan: plan.value });
}

const weightless = new Set(
  'Input Split Concat Eltwise BinaryOp UnaryOp Interp PixelShuffle ReLU Sigmoid Swish Clip Crop Pooling Padding Reshape Permute Softmax Dropout Noop'.split(
    ' ',
  ),
);

function weightPlan(
  type: string,
  name: string,
  parameters: ReadonlyMap<number, readonly number[]>,
): Result<readonly WeightPlan[]> {
  const value = (id: number, otherwise: number): number => parameters.get(id)?.[0] ?? otherwise;
  const outputs = value(0, 0);
  switch (type) {
    case 'Convolution':
    case 'Deconvolution': {
      const width = value(1, 0);
      const height = value(11, width);
      const inputs = value(6, 0) / (outputs * width * height);
      if (!Number.isInteger(inputs) || inputs < 1)
        return damaged(`layer "${name}" has no whole number of inputs`);
      return ok([
        { role: 'weight', shape: [outputs, inputs, height, width], tagged: true },
        ...bias(value(5, 0), outputs),
      ]);
    }
    case 'InnerProduct': {
      const inputs = value(2, 0) / outputs;
      if (!Number.isInteger(inputs) || inputs < 1)
        return damaged(`layer "${name}" has no whole number of inputs`);
      return ok([{ role: 'weight', shape: [outputs, inputs], tagged: true }, ...bias(value(1, 0), outputs)]);
    }
    case 'PReLU':
      if (!Number.isInteger(outputs) || outputs < 1) return damaged(`layer "${name}" has no slopes`);
      return ok([{ role: 'slope', shape: [outputs], tagged: false }]);
    case 'MemoryData': {
      const shape = [2, 11, 1, 0].map((id) => value(id, 0)).filter((side) => side > 0);
      return ok([{ role: 'data', shape, tagged: false }]);
    }
    case 'Scale':
      // -233: the factors are another layer's result.
      if (outputs === -233) return ok([]);
      if (!Number.isInteger(outputs) || outputs < 1) return damaged(`layer "${name}" has no factors`);
      return ok([{ role: 'weight', shape: [outputs], tagged: false }, ...bias(value(1, 0), outputs)]);
    default:
      if (weightless.has(type)) return ok([]);
      return fail(
        'model-unrecognised',
        `The ncnn layer "${name}" is of the type ${type}, which no known family has. ` +
          'Open the model in the format in which it was trained (.pth, .safetensors), or as ONNX.',
        { type },
      );
  }
}

function bias(has: number, outputs: number): WeightPlan[] {
  return has ? [{ role: 'bias', shape: [outputs], tagged: false }] : [];
}

function damaged(why: string): Result<never> {
  return fail('model-damaged', `These ncnn files cannot be read: ${why}.`, { why });
}
