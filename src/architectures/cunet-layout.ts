/** What a CUNet cascade consists of: its layers and their names, how far it is padded, and where it pools. */

import type { PoolingPoint, TensorSpec } from './architecture.ts';
import { convolutionSpecs } from './common.ts';
import { turnedName } from './ops/unets.ts';

interface Cascade {
  readonly width: number;
  readonly scale: number;
  readonly fast: 0 | 1;
  readonly turned: 0 | 1;
}

export interface CascadeLayout {
  /** Mirrored pixels on every side of the picture. */
  readonly pad: number;
  /** Of the picture's sides. */
  readonly multiple: number;
  /** Kernel of the first net's last convolution. */
  readonly bottom: 3 | 4 | 5;
  /** Whether the nets pass features on and a pixel shuffle ends the network. */
  readonly shuffled: boolean;
  /** Channels between the nets. */
  readonly colours: number;
  readonly pools: readonly PoolingPoint[];
}

/** What the first net multiplies its input's sides by. */
export function enlargement({ scale, fast }: Pick<Cascade, 'scale' | 'fast'>): number {
  return fast || scale === 4 ? 2 : scale;
}

export function cascadeLayout(cascade: Cascade): CascadeLayout {
  const { width, scale, fast } = cascade;
  const shuffled = fast === 1 || scale === 4;
  const factor = enlargement(cascade);
  const pad = fast ? 38 : ([28, 18, 14, 19][scale - 1] ?? 0);
  // In pixels of the first net's input, of which a folded picture has half as many.
  const [rate, added] = fast ? [1 / 2, pad] : [1, 2 * pad];
  // What the first net's last convolution leaves of `factor` times its input.
  const lost = [16, 32, 44][factor - 1] ?? 0;
  const inner = { rate: factor * rate, extra: factor * added - lost };
  const point = (
    channels: number,
    of: { rate: number; extra: number },
    cut: number,
    halved: number,
  ): PoolingPoint => ({ channels, rate: of.rate / halved, extra: (of.extra - cut) / halved });
  return {
    pad,
    multiple: fast || scale === 1 || scale === 3 ? 4 : 2,
    bottom: factor === 1 ? 3 : factor === 2 ? 4 : 5,
    shuffled,
    colours: shuffled ? 2 * width : 3,
    pools: [
      point(2 * width, { rate, extra: added }, 12, 2),
      point(4 * width, inner, 12, 2),
      point(4 * width, inner, 28, 4),
      point(2 * width, inner, 36, 2),
    ],
  };
}

interface Layer {
  readonly name: string;
  readonly outputs: number;
  readonly inputs: number;
  readonly kernel: number;
  readonly kind: 'convolution' | 'transposed' | 'excitation';
}

/** A net's layers with weights, in their order of use, which is ncnn's too. */
function layersOf(
  net: 'unet1' | 'unet2',
  width: number,
  inputs: number,
  outputs: number,
  bottom: number,
): Layer[] {
  const layer = (
    name: string,
    outs: number,
    ins: number,
    kernel = 3,
    kind: Layer['kind'] = 'convolution',
  ): Layer => ({ name: `${net}.${name}`, outputs: outs, inputs: ins, kernel, kind });
  const excitation = (name: string, channels: number): Layer[] => [
    layer(`${name}.seblock.conv1`, channels / 8, channels, 1, 'excitation'),
    layer(`${name}.seblock.conv2`, channels, channels / 8, 1, 'excitation'),
  ];
  const [two, four, eight] = [2 * width, 4 * width, 8 * width];
  const opening = [
    layer('conv1.conv.0', width, inputs),
    layer('conv1.conv.2', two, width),
    layer('conv1_down', two, two, 2),
  ];
  if (net === 'unet1') {
    return [
      ...opening,
      layer('conv2.conv.0', four, two),
      layer('conv2.conv.2', two, four),
      ...excitation('conv2', two),
      layer('conv2_up', two, two, 2, 'transposed'),
      layer('conv3', two, two),
      layer('conv_bottom', outputs, two, bottom, bottom === 3 ? 'convolution' : 'transposed'),
    ];
  }
  return [
    ...opening,
    layer('conv2.conv.0', two, two),
    layer('conv2.conv.2', four, two),
    ...excitation('conv2', four),
    layer('conv2_down', four, four, 2),
    layer('conv3.conv.0', eight, four),
    layer('conv3.conv.2', four, eight),
    ...excitation('conv3', four),
    layer('conv3_up', four, four, 2, 'transposed'),
    layer('conv4.conv.0', two, four),
    layer('conv4.conv.2', two, two),
    ...excitation('conv4', two),
    layer('conv4_up', two, two, 2, 'transposed'),
    layer('conv5', two, two),
    layer('conv_bottom', outputs, two),
  ];
}

/** A net's tensors under the names of `turned` or not. */
export function netSpecs(
  net: 'unet1' | 'unet2',
  cascade: Cascade,
  inputs: number,
  outputs: number,
): TensorSpec[] {
  const bottom = net === 'unet1' ? cascadeLayout(cascade).bottom : 3;
  return layersOf(net, cascade.width, inputs, outputs, bottom).flatMap((layer) => {
    if (layer.kind !== 'transposed')
      return convolutionSpecs(layer.name, layer.outputs, layer.inputs, layer.kernel);
    const square = [layer.kernel, layer.kernel];
    const name = cascade.turned ? turnedName(layer.name) : layer.name;
    const shape = cascade.turned
      ? [layer.outputs, layer.inputs, ...square]
      : [layer.inputs, layer.outputs, ...square];
    return [
      { name: `${name}.weight`, shape },
      { name: `${name}.bias`, shape: [layer.outputs] },
    ];
  });
}

const ncnnTypes = { convolution: 'Convolution', transposed: 'Deconvolution', excitation: 'InnerProduct' };

/** Names for ncnn layers with weights of these types; null when they are not a cascade's. */
export function netNames(types: readonly string[]): string[] | null {
  for (const bottom of [3, 4]) {
    const nets = [...layersOf('unet1', 32, 3, 3, bottom), ...layersOf('unet2', 32, 3, 3, 3)];
    const rest = types.slice(nets.length);
    const known = nets.every(({ kind }, index) => types[index] === ncnnTypes[kind]);
    if (!known || rest.length > 1 || rest.some((type) => type !== 'Convolution')) continue;
    const names = nets.map(({ name, kind }) => (kind === 'transposed' ? turnedName(name) : name));
    return rest.length === 0 ? names : [...names, 'conv_final'];
  }
  return null;
}
