/**
 * The conditional UNet of Stable Diffusion 1.x and 2.x, SD-Turbo, LCM and what was distilled from them (BK-SDM, small-sd, tiny-sd):
 * how many levels, blocks and transformers there are is read from the file. Sides of latent maps must be
 * multiples of `unetMultiple`.
 */

import { invariant } from '../../base/assert.ts';
import type { TensorTable } from '../../formats/tensor-table.ts';
import type { Structure, TensorSpec } from '../architecture.ts';
import { isSizes, numbers, shapeOf } from '../common.ts';
import type { GraphBuilder, GraphOutput } from '../graph-builder.ts';
import { groupNorm, silu } from './layers.ts';
import type { Part, PartForm } from './part.ts';
import { residual, transformer, upsample, type Map2d } from './unet-blocks.ts';
import { descend } from './unet-down.ts';
import { isCounts, parseDown, readDown, readLevels, type UnetStructure } from './unet-structure.ts';
import { downSpecs, skipsOf, upLevels, upSpecs } from './unet-tensors.ts';

export interface UnetOptions {
  /** Whether the graph takes a ControlNet's residuals: `down_0`, `down_1` and so on in the order of `skipsOf`, and `mid`. */
  readonly control?: boolean;
  /**
   * Whether attention is left to the runtime's operator in one piece, because it was seen to be right on this device and to make no
   * tensor of logits. Otherwise plain operators take so many queries at a time that logits stay below 128 MiB.
   */
  readonly flash?: boolean;
}

/** Inputs that this network has no place for: other networks have the same blocks. */
const foreign = [
  'add_embedding.linear_1.weight',
  'class_embedding.weight',
  'class_embedding.linear_1.weight',
];

/** The UNet with other ends. */
export function unetWith({ control = false, flash = false }: UnetOptions): Part<UnetStructure> {
  return { ...unet, graph: (builder, structure, form) => emit(builder, structure, form, { control, flash }) };
}

/** The UNet of latent diffusion (Rombach and others, 2022): a noisy latent, its timestep and a text to what it predicts, in the latent's shape. */
export const unet: Part<UnetStructure> = {
  kind: 'unet',

  structure(table: TensorTable): UnetStructure | null {
    const [outputs] = shapeOf(table, 'conv_out.weight', 4) ?? [];
    const down = outputs === undefined ? null : readDown(table);
    if (outputs === undefined || !down || foreign.some((name) => table.tensors.has(name))) return null;
    const { layers, depths } = readLevels(table, 'up_blocks', down.widths.length);
    return unet.parse({ ...down, outputs, upLayers: layers, upDepths: depths });
  },

  parse(given: Structure): UnetStructure | null {
    const down = parseDown(given);
    const ends = numbers(given, ['outputs']);
    const { upLayers, upDepths } = given;
    if (!down || !ends || !isSizes(upLayers) || !isCounts(upDepths)) return null;
    const levels = down.widths.length;
    if (upLayers.length !== levels || upDepths.length !== levels) return null;
    // Each block of the way up takes one map of the way down.
    const taken = upLayers.reduce((sum, layers) => sum + layers, 0);
    return taken === skipsOf(down).length ? { ...down, ...ends, upLayers, upDepths } : null;
  },

  tensors: (structure: UnetStructure): TensorSpec[] => [...downSpecs(structure), ...upSpecs(structure)],

  graph: (builder, structure, form) => emit(builder, structure, form, { control: false, flash: false }),
};

function emit(
  builder: GraphBuilder,
  structure: UnetStructure,
  form: PartForm,
  { control, flash }: Required<UnetOptions>,
): GraphOutput[] {
  const { around, skips, last } = descend(builder, structure, form, { flash });
  const controlled = ({ value, shape }: Map2d, name: string): Map2d => {
    if (!control) return { value, shape };
    const { batch, channels, height, width } = shape;
    const given = builder.input(name, 'f32', [batch, channels, height, width]);
    return { value: builder.node('Add', [value, builder.intoCompute(given)]), shape };
  };
  const rest = skips.map((skip, index) => controlled(skip, `down_${index}`));
  let map = controlled(last, 'mid');
  for (const level of upLevels(structure)) {
    for (let layer = 0; layer < level.layers; layer++) {
      const skip = rest.pop();
      invariant(skip, 'The way up takes more maps than there are');
      const shape = { ...map.shape, channels: map.shape.channels + skip.shape.channels };
      const joined = { value: builder.concat([map.value, skip.value]), shape };
      map = residual(around, joined, `${level.name}.resnets.${layer}`, level.width);
      if (level.depth > 0) map = transformer(around, map, `${level.name}.attentions.${layer}`, level);
    }
    if (level.resamples) map = upsample(builder, map, `${level.name}.upsamplers.0.conv`);
  }
  const normal = silu(builder, groupNorm(builder, map.value, 'conv_norm_out', map.shape));
  const noise = builder.outOfCompute(builder.convolution(normal, 'conv_out'));
  const { batch, height, width } = map.shape;
  return [{ name: 'noise', value: noise, shape: [batch, structure.outputs, height, width] }];
}
