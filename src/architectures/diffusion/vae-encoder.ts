/**
 * The autoencoder of latent diffusion (Rombach et al., "High-Resolution Image Synthesis with Latent Diffusion Models", CVPR 2022), as
 * diffusers' AutoencoderKL stores it: here the encoder from pictures to latents of an eighth of their sides.
 */

import type { TensorTable } from '../../formats/tensor-table.ts';
import type { TensorSpec } from '../architecture.ts';
import { convolutionSpecs, shapeOf } from '../common.ts';
import type { GraphBuilder, GraphOutput } from '../graph-builder.ts';
import { groupNorm, normalSpecs, silu } from './layers.ts';
import type { Part, PartForm } from './part.ts';
import { type Feature, halved, residual, residualSpecs } from './vae-blocks.ts';
import {
  epsilon,
  middle,
  middleSpecs,
  parseVae,
  readLevels,
  vaeReduction,
  type VaeStructure,
} from './vae-structure.ts';

/** Input `sample` [batch, 3, 8h, 8w] in -1..1; outputs `mean` and `logvar` [batch, 4, h, w] of the posterior, unscaled. */
export const vaeEncoder: Part<VaeStructure> = {
  kind: 'vae-encoder',

  structure(table: TensorTable): VaeStructure | null {
    const levels = (index: number): string => `encoder.down_blocks.${index}`;
    const outputs = shapeOf(table, 'encoder.conv_out.weight', 4)?.[0] ?? 0;
    // With a codebook the encoder has no posterior.
    if (table.tensors.has('quantize.embedding.weight')) return null;
    return vaeEncoder.parse({
      ...readLevels(table, 'encoder', levels),
      latent: outputs / 2,
      quant: table.tensors.has('quant_conv.weight') ? 1 : 0,
    });
  },

  parse: parseVae,

  tensors(structure: VaeStructure): TensorSpec[] {
    const { widths, layers, latent, quant } = structure;
    const [first = 0] = widths;
    const deepest = widths.at(-1) ?? 0;
    const specs = convolutionSpecs('encoder.conv_in', first, 3);
    widths.forEach((width, level) => {
      const name = `encoder.down_blocks.${level}`;
      for (let layer = 0; layer < layers; layer++) {
        const inputs = layer === 0 ? (widths[level - 1] ?? first) : width;
        specs.push(...residualSpecs(`${name}.resnets.${layer}`, inputs, width));
      }
      if (level < widths.length - 1)
        specs.push(...convolutionSpecs(`${name}.downsamplers.0.conv`, width, width));
    });
    return [
      ...specs,
      ...middleSpecs('encoder.mid_block', deepest, structure),
      ...normalSpecs('encoder.conv_norm_out', deepest),
      ...convolutionSpecs('encoder.conv_out', 2 * latent, deepest),
      ...(quant ? convolutionSpecs('quant_conv', 2 * latent, 2 * latent, 1) : []),
    ];
  },

  graph(builder: GraphBuilder, structure: VaeStructure, form: PartForm): readonly GraphOutput[] {
    const { widths, layers, latent, quant } = structure;
    const [first = 0] = widths;
    const factor = vaeReduction(structure);
    const { batch } = form;
    const [height, width] = [factor * form.height, factor * form.width];
    const sample = builder.intoCompute(builder.input('sample', 'f32', [batch, 3, height, width]));
    let map: Feature = {
      value: builder.convolution(sample, 'encoder.conv_in'),
      batch,
      channels: first,
      height,
      width,
    };
    widths.forEach((channels, level) => {
      const name = `encoder.down_blocks.${level}`;
      for (let layer = 0; layer < layers; layer++) {
        map = residual(builder, map, `${name}.resnets.${layer}`, channels, { epsilon });
      }
      // Padded only below and after, as the network was trained.
      if (level < widths.length - 1) map = halved(builder, map, `${name}.downsamplers.0.conv`, [0, 0, 1, 1]);
    });
    map = middle(builder, map, 'encoder.mid_block', structure);
    const normal = silu(builder, groupNorm(builder, map.value, 'encoder.conv_norm_out', map, { epsilon }));
    let moments = builder.convolution(normal, 'encoder.conv_out');
    if (quant) moments = builder.convolution(moments, 'quant_conv');
    const half = (start: number): string =>
      builder.node('Slice', [
        moments,
        builder.integers([start]),
        builder.integers([start + latent]),
        builder.integers([1]),
      ]);
    const shape = [batch, latent, form.height, form.width];
    // The range that the posterior is kept to (diffusers, DiagonalGaussianDistribution).
    const logvar = builder.node('Clip', [half(latent), builder.number(-30), builder.number(20)]);
    return [
      { name: 'mean', value: builder.outOfCompute(half(0)), shape },
      { name: 'logvar', value: builder.outOfCompute(logvar), shape },
    ];
  },
};
