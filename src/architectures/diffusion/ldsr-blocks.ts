/** The order of blocks in the network of latent super-resolution, with the widths of the maps between them. */

import type { TensorSpec } from '../architecture.ts';
import { convolutionSpecs } from '../common.ts';
import { mapAttentionSpecs, residualSpecs } from './vae-blocks.ts';

export interface LdsrBlock {
  readonly kind: 'residual' | 'attention' | 'half' | 'double';
  readonly name: string;
  /** Channels of the map that it takes; of those, `joined` are of the latest map that was kept and is not used yet. */
  readonly inputs: number;
  readonly joined: number;
  readonly outputs: number;
  /** Whether the way up is given what comes out. */
  readonly keeps: boolean;
}

/** From the first convolution to the last normalisation. */
export function ldsrBlocks(
  widths: readonly number[],
  layers: number,
  attends: readonly number[],
): LdsrBlock[] {
  const blocks: LdsrBlock[] = [];
  const kept = [widths[0] ?? 0];
  let channels = widths[0] ?? 0;
  const add = (kind: LdsrBlock['kind'], name: string, outputs: number, keeps: boolean, joined = 0): void => {
    blocks.push({ kind, name, inputs: channels + joined, joined, outputs, keeps });
    channels = outputs;
    if (keeps) kept.push(outputs);
  };
  const last = widths.length - 1;
  widths.forEach((width, level) => {
    const name = `down_blocks.${level}`;
    const attending = attends[level] === 1;
    for (let layer = 0; layer < layers; layer++) {
      add('residual', `${name}.resnets.${layer}`, width, !attending);
      if (attending) add('attention', `${name}.attentions.${layer}`, width, true);
    }
    if (level < last) add('half', `${name}.downsamplers.0.conv`, width, true);
  });
  add('residual', 'mid_block.resnets.0', channels, false);
  add('attention', 'mid_block.attentions.0', channels, false);
  add('residual', 'mid_block.resnets.1', channels, false);
  widths.toReversed().forEach((width, index) => {
    const name = `up_blocks.${index}`;
    for (let layer = 0; layer <= layers; layer++) {
      add('residual', `${name}.resnets.${layer}`, width, false, kept.pop() ?? 0);
      if (attends[last - index] === 1) add('attention', `${name}.attentions.${layer}`, width, false);
    }
    if (index < last) add('double', `${name}.upsamplers.0.conv`, width, false);
  });
  return blocks;
}

/** The tensors of a block; `time`: how many features of the timestep residual blocks take; `packed`: as of `mapAttentionSpecs`. */
export function ldsrBlockSpecs(
  { kind, name, inputs, outputs }: LdsrBlock,
  { time, packed }: { readonly time: number; readonly packed: boolean },
): TensorSpec[] {
  if (kind === 'residual') return residualSpecs(name, inputs, outputs, time);
  return kind === 'attention'
    ? mapAttentionSpecs(name, outputs, packed)
    : convolutionSpecs(name, outputs, inputs);
}
