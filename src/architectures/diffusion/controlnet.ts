/**
 * ControlNet (Zhang et al., "Adding Conditional Control to Text-to-Image Diffusion Models", ICCV 2023): a copy of the UNet's way down
 * that sees a picture too. What it would add to the UNet's maps are its ends, as they are: weighing them is for who adds them.
 */

import type { TensorTable } from '../../formats/tensor-table.ts';
import type { Structure, TensorSpec } from '../architecture.ts';
import { convolutionSpecs, isSizes, shapeOf } from '../common.ts';
import type { GraphBuilder, GraphOutput } from '../graph-builder.ts';
import { silu } from './layers.ts';
import type { Part, PartForm } from './part.ts';
import { descend } from './unet-down.ts';
import { parseDown, readDown, type UnetDownStructure } from './unet-structure.ts';
import { downSpecs, skipsOf } from './unet-tensors.ts';

export type ControlnetStructure = UnetDownStructure & {
  /** Of the hint's picture. */
  readonly hintChannels: number;
  /** Of its maps, each half as high and wide as the one before. */
  readonly hintWidths: readonly number[];
};

const hint = 'controlnet_cond_embedding';

/** The ControlNet whose attention is left to the runtime in one piece: see `UnetOptions`. */
export function controlnetWith({ flash = false }: { readonly flash?: boolean }): Part<ControlnetStructure> {
  return { ...controlnet, graph: (builder, structure, form) => emit(builder, structure, form, { flash }) };
}

/** The ControlNet (Zhang and others, 2023) with attention in pieces of its own: what a UNet takes beside its inputs, one map a block. */
export const controlnet: Part<ControlnetStructure> = {
  kind: 'controlnet',

  structure(table: TensorTable): ControlnetStructure | null {
    const [first, channels] = shapeOf(table, `${hint}.conv_in.weight`, 4) ?? [];
    const down = first === undefined ? null : readDown(table);
    if (first === undefined || channels === undefined || !down) return null;
    const widths = [first];
    for (;;) {
      const [width] = shapeOf(table, `${hint}.blocks.${2 * widths.length - 1}.weight`, 4) ?? [];
      if (width === undefined) break;
      widths.push(width);
    }
    return controlnet.parse({ ...down, hintChannels: channels, hintWidths: widths });
  },

  parse(given: Structure): ControlnetStructure | null {
    const down = parseDown(given);
    const { hintChannels, hintWidths } = given;
    if (!down || typeof hintChannels !== 'number' || !isSizes([hintChannels])) return null;
    return isSizes(hintWidths) ? { ...down, hintChannels, hintWidths } : null;
  },

  tensors(structure: ControlnetStructure): TensorSpec[] {
    const { widths, hintChannels, hintWidths } = structure;
    const [first = 0, last = 0] = [widths[0], widths.at(-1)];
    return [
      ...downSpecs(structure),
      ...convolutionSpecs(`${hint}.conv_in`, hintWidths[0] ?? 0, hintChannels),
      ...hintLayers(structure).flatMap(({ name, inputs, outputs }) =>
        convolutionSpecs(name, outputs, inputs),
      ),
      ...convolutionSpecs(`${hint}.conv_out`, first, hintWidths.at(-1) ?? 0),
      ...skipsOf(structure).flatMap(({ channels }, index) =>
        convolutionSpecs(`controlnet_down_blocks.${index}`, channels, channels, 1),
      ),
      ...convolutionSpecs('controlnet_mid_block', last, last, 1),
    ];
  },

  graph: (builder, structure, form) => emit(builder, structure, form, { flash: false }),
};

/** The convolutions between the hint's first and last: one that keeps the size, then one that halves it. */
function hintLayers({ hintWidths }: ControlnetStructure): {
  name: string;
  inputs: number;
  outputs: number;
  stride: number;
}[] {
  return hintWidths.slice(1).flatMap((wider, index) => {
    const inputs = hintWidths[index] ?? 0;
    return [
      { name: `${hint}.blocks.${2 * index}`, inputs, outputs: inputs, stride: 1 },
      { name: `${hint}.blocks.${2 * index + 1}`, inputs, outputs: wider, stride: 2 },
    ];
  });
}

function emit(
  builder: GraphBuilder,
  structure: ControlnetStructure,
  form: PartForm,
  { flash }: { readonly flash: boolean },
): GraphOutput[] {
  const { skips, last } = descend(builder, structure, form, {
    flash,
    hint: () => hinted(builder, structure, form),
  });
  const end = (name: string, { value, shape }: (typeof skips)[number], layer: string): GraphOutput => ({
    name,
    value: builder.outOfCompute(builder.convolution(value, layer)),
    shape: [shape.batch, shape.channels, shape.height, shape.width],
  });
  return [
    ...skips.map((skip, index) => end(`down_${index}`, skip, `controlnet_down_blocks.${index}`)),
    end('mid', last, 'controlnet_mid_block'),
  ];
}

/** The input `hint`, a picture in 0..1, as features of the latent map's size. */
function hinted(builder: GraphBuilder, structure: ControlnetStructure, form: PartForm): string {
  const times = 2 ** (structure.hintWidths.length - 1);
  const { batch, height, width } = form;
  const picture = builder.input('hint', 'f32', [
    batch,
    structure.hintChannels,
    times * height,
    times * width,
  ]);
  let value = silu(builder, builder.convolution(builder.intoCompute(picture), `${hint}.conv_in`));
  for (const { name, stride } of hintLayers(structure)) {
    const walk = { stride, pads: [1, 1, 1, 1] } as const;
    value = silu(builder, builder.convolution(value, name, undefined, walk));
  }
  return builder.convolution(value, `${hint}.conv_out`);
}
