/** Pictures as a foreign network takes and gives them, on the way to and from plain RGB planes. */

import type { ForeignEnd } from '../../../src/architectures/foreign.ts';
import { fromNetwork, intoNetwork, type ChannelMap } from '../../../src/architectures/foreign-ends.ts';
import type { Size } from '../../../src/picture/geometry.ts';
import type { Values } from './bare-runner.ts';
import type { Planes } from './test-picture.ts';

/** RGB planes of 0 to 1 as the network takes them. */
export function given(planes: Planes, { width, height }: Size, end: ForeignEnd): Values {
  const count = width * height;
  const mapped = mapChannels(planes, count, intoNetwork(end));
  const whole = end.dtype === 'u8' ? mapped.map((value) => Math.floor(value)) : mapped;
  const { channels } = end;
  if (end.layout === 'nchw') return { data: whole, shape: [1, channels, height, width] };
  return { data: interleaved(whole, channels, count), shape: [1, height, width, channels] };
}

/** What came back as RGB planes of 0 to 1. */
export function taken({ data }: Values, { width, height }: Size, end: ForeignEnd): Planes {
  const count = width * height;
  const planes = end.layout === 'nchw' ? data : planar(data, end.channels, count);
  return mapChannels(planes, count, fromNetwork(end));
}

/** Layout, channels and size of a result; null for what is no picture. `like` decides where both layouts would fit. */
export function seenAs(
  shape: readonly number[],
  like: ForeignEnd['layout'],
): (Size & Pick<ForeignEnd, 'layout' | 'channels'>) | null {
  const [batch, a = 0, b = 0, c = 0] = shape;
  if (shape.length !== 4 || batch !== 1) return null;
  const first = { layout: 'nchw', channels: a, height: b, width: c } as const;
  const last = { layout: 'nhwc', channels: c, height: a, width: b } as const;
  const order = like === 'nchw' ? [first, last] : [last, first];
  return order.find(({ channels }) => isPicture(channels)) ?? null;
}

export function isPicture(channels: number): boolean {
  return channels === 1 || channels === 3 || channels === 4;
}

function mapChannels(planes: Float32Array, count: number, map: ChannelMap): Planes {
  const { outputs, inputs, weights, bias } = map;
  const mapped = new Float32Array(outputs * count);
  for (let output = 0; output < outputs; output++) {
    for (let i = 0; i < count; i++) {
      let sum = bias[output] ?? 0;
      for (let input = 0; input < inputs; input++) {
        sum += (weights[output * inputs + input] ?? 0) * (planes[input * count + i] ?? 0);
      }
      mapped[output * count + i] = sum;
    }
  }
  return mapped;
}

function interleaved(planes: Planes, channels: number, count: number): Planes {
  return Float32Array.from(
    { length: planes.length },
    (_, i) => planes[(i % channels) * count + Math.floor(i / channels)] ?? 0,
  );
}

function planar(values: Float32Array, channels: number, count: number): Planes {
  return Float32Array.from(
    { length: values.length },
    (_, i) => values[(i % count) * channels + Math.floor(i / count)] ?? 0,
  );
}
