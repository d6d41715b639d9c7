/** The small decoder (TAESD) that shows people what a tile is going to be, where a model's files hold one. */

import type { FoundModel } from '../../../src/architectures/diffusion/checkpoint.ts';
import { taesdDecoder } from '../../../src/architectures/diffusion/taesd.ts';
import type { Precision } from '../../../src/architectures/graph-builder.ts';
import { latentChannels } from '../../../src/diffusion/refine/vae-tiles.ts';
import { computableTable } from './computable.ts';
import { loadedPart, type LoadedPart } from './loaded-model.ts';

/** One for other latents is of no use: TAESD for newer families has more channels. */
export async function previewPart({ parts }: FoundModel, precision: Precision): Promise<LoadedPart | null> {
  const decoder = parts['taesd-decoder'];
  if (decoder?.structure.latent !== latentChannels) return null;
  return loadedPart(taesdDecoder, await computableTable(decoder.table, precision), decoder.structure);
}
