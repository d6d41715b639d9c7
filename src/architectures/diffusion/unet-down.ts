/** The way down of a conditional UNet and its middle, which a ControlNet has too. */

import { invariant } from '../../base/assert.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import type { MapShape } from './layers.ts';
import type { PartForm } from './part.ts';
import {
  downsample,
  residual,
  timeFeatures,
  transformer,
  type Map2d,
  type Surroundings,
} from './unet-blocks.ts';
import { unetMultiple, type UnetDownStructure } from './unet-structure.ts';
import { downLevels } from './unet-tensors.ts';

/** What the way down leaves. */
export interface Descent {
  readonly around: Surroundings;
  /** In the order of `skipsOf`. */
  readonly skips: readonly Map2d[];
  /** After the middle. */
  readonly last: Map2d;
}

/**
 * Declares the inputs `sample` [batch, channels, height, width], `timestep` [batch], `context` [batch, tokens, width] and, where the
 * structure has it, `timestep_cond` [batch, condition]. `hint`: added to the first map, if there is one.
 */
export function descend(
  builder: GraphBuilder,
  structure: UnetDownStructure,
  form: PartForm,
  options: { readonly flash: boolean; readonly hint?: (builder: GraphBuilder) => string },
): Descent {
  const { batch, height, width, tokens } = form;
  const { channels, widths, condition, linear } = structure;
  const multiple = unetMultiple(structure);
  invariant(
    height % multiple === 0 && width % multiple === 0,
    `A UNet needs sides that are multiples of ${multiple}`,
  );
  const [first = 0] = widths;
  const sample = builder.input('sample', 'f32', [batch, channels, height, width]);
  const time = builder.input('timestep', 'f32', [batch]);
  const text = builder.input('context', 'f32', [batch, tokens, structure.context]);
  const scale = condition > 0 ? builder.input('timestep_cond', 'f32', [batch, condition]) : null;
  const around: Surroundings = {
    builder,
    time: timeFeatures(builder, time, { batch, width: first, condition: scale }),
    context: builder.node('Reshape', [
      builder.intoCompute(text),
      builder.integers([batch * tokens, structure.context]),
    ]),
    tokens,
    linear: linear === 1,
    flash: options.flash,
  };
  const shape: MapShape = { batch, channels: first, height, width };
  const begun = builder.convolution(builder.intoCompute(sample), 'conv_in');
  const hinted = options.hint ? builder.node('Add', [begun, options.hint(builder)]) : begun;
  let map: Map2d = { value: hinted, shape };
  const skips = [map];
  for (const level of downLevels(structure)) {
    for (let layer = 0; layer < level.layers; layer++) {
      map = residual(around, map, `${level.name}.resnets.${layer}`, level.width);
      if (level.depth > 0) map = transformer(around, map, `${level.name}.attentions.${layer}`, level);
      skips.push(map);
    }
    if (level.resamples) {
      map = downsample(builder, map, `${level.name}.downsamplers.0.conv`);
      skips.push(map);
    }
  }
  return { around, skips, last: middle(around, map, structure) };
}

function middle(around: Surroundings, map: Map2d, structure: UnetDownStructure): Map2d {
  const { middleLayers, middleDepth, heads } = structure;
  const { channels } = map.shape;
  let result = map;
  for (let layer = 0; layer < middleLayers; layer++) {
    if (layer > 0 && middleDepth > 0) {
      const form = { depth: middleDepth, heads: heads.at(-1) ?? 1 };
      result = transformer(around, result, `mid_block.attentions.${layer - 1}`, form);
    }
    result = residual(around, result, `mid_block.resnets.${layer}`, channels);
  }
  return result;
}
