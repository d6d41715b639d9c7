/** The autoencoder's way back from a latent to a picture (`vae-encoder.ts`), and what a codebook's model has of the same. */

import type { TensorTable } from '../../formats/tensor-table.ts';
import type { TensorSpec } from '../architecture.ts';
import { convolutionSpecs, shapeOf } from '../common.ts';
import type { GraphBuilder, GraphOutput } from '../graph-builder.ts';
import { groupNorm, normalSpecs, silu } from './layers.ts';
import type { Part, PartForm } from './part.ts';
import { doubled, type Feature, residual, residualSpecs } from './vae-blocks.ts';
import {
  count,
  epsilon,
  middle,
  middleSpecs,
  parseVae,
  readLevels,
  type VaeStructure,
} from './vae-structure.ts';

/** Input `latent` [batch, 4, h, w], unscaled; output `sample` [batch, 3, 8h, 8w], in -1..1 but not clamped. */
export const vaeDecoder: Part<VaeStructure> = {
  kind: 'vae-decoder',

  structure: (table: TensorTable): VaeStructure | null =>
    table.tensors.has('quantize.embedding.weight') ? null : decoderStructure(table),

  parse: parseVae,

  tensors: (structure: VaeStructure): TensorSpec[] => [
    ...(structure.quant ? convolutionSpecs('post_quant_conv', structure.latent, structure.latent, 1) : []),
    ...decoderSpecs(structure),
  ],

  graph(builder: GraphBuilder, structure: VaeStructure, form: PartForm): readonly GraphOutput[] {
    const { batch, height, width } = form;
    const channels = structure.latent;
    const latent = builder.input('latent', 'f32', [batch, channels, height, width]);
    let value = builder.intoCompute(latent);
    if (structure.quant) value = builder.convolution(value, 'post_quant_conv');
    return [decoded(builder, structure, { value, batch, channels, height, width })];
  },
};

/** What a decoder's tensors tell; the decoder of a codebook's model too. */
export function decoderStructure(table: TensorTable): VaeStructure | null {
  const blocks = count((index) => table.tensors.has(`decoder.up_blocks.${index}.resnets.0.conv1.weight`));
  const told = readLevels(table, 'decoder', (index) => `decoder.up_blocks.${blocks - 1 - index}`);
  // A decoder's levels have one residual block more than those of the encoder beside it.
  const latent = shapeOf(table, 'decoder.conv_in.weight', 4)?.[1] ?? 0;
  const quant = table.tensors.has('post_quant_conv.weight') ? 1 : 0;
  return parseVae({ ...told, layers: told.layers - 1, latent, quant });
}

/** Every tensor behind the 1x1 convolution. */
export function decoderSpecs(structure: VaeStructure): TensorSpec[] {
  const { layers, latent } = structure;
  const widths = [...structure.widths].reverse();
  const [deepest = 0] = widths;
  const last = widths.at(-1) ?? 0;
  const specs = [
    ...convolutionSpecs('decoder.conv_in', deepest, latent),
    ...middleSpecs('decoder.mid_block', deepest, structure),
  ];
  widths.forEach((width, level) => {
    const name = `decoder.up_blocks.${level}`;
    for (let layer = 0; layer <= layers; layer++) {
      const inputs = layer === 0 ? (widths[level - 1] ?? deepest) : width;
      specs.push(...residualSpecs(`${name}.resnets.${layer}`, inputs, width));
    }
    if (level < widths.length - 1) specs.push(...convolutionSpecs(`${name}.upsamplers.0.conv`, width, width));
  });
  return [
    ...specs,
    ...normalSpecs('decoder.conv_norm_out', last),
    ...convolutionSpecs('decoder.conv_out', 3, last),
  ];
}

/** The picture of a latent that went through the 1x1 convolution. */
export function decoded(builder: GraphBuilder, structure: VaeStructure, latent: Feature): GraphOutput {
  const widths = [...structure.widths].reverse();
  let map: Feature = {
    ...latent,
    channels: widths[0] ?? 0,
    value: builder.convolution(latent.value, 'decoder.conv_in'),
  };
  map = middle(builder, map, 'decoder.mid_block', structure);
  widths.forEach((channels, level) => {
    const name = `decoder.up_blocks.${level}`;
    for (let layer = 0; layer <= structure.layers; layer++) {
      map = residual(builder, map, `${name}.resnets.${layer}`, channels, { epsilon });
    }
    if (level < widths.length - 1) map = doubled(builder, map, `${name}.upsamplers.0.conv`);
  });
  const normal = silu(builder, groupNorm(builder, map.value, 'decoder.conv_norm_out', map, { epsilon }));
  const value = builder.lastConvolution(normal, 'decoder.conv_out');
  return { name: 'sample', value, shape: [map.batch, 3, map.height, map.width] };
}
