/** The golden inputs by which two versions of a part are compared: always the same for parts of one structure. */

import type { ClipStructure } from '../../../src/architectures/diffusion/clip.ts';
import type { PartForm } from '../../../src/architectures/diffusion/part.ts';
import { unetMultiple, type UnetStructure } from '../../../src/architectures/diffusion/unet-structure.ts';
import { guidanceEmbedding } from '../../../src/diffusion/guidance.ts';
import { philoxNormals } from '../../../src/diffusion/noise/philox.ts';
import type { Values } from './part-session.ts';

export type Inputs = Readonly<Record<string, Values>>;

export const tokens = 77;
const [latentSide, seed] = [32, 1];
/** Draws of the seeded noise. */
const draws = { latent: 0, context: 1 } as const;
/** Where a picture's layout is decided, and where its details are. */
const timesteps = [801, 201] as const;
const guidance = 7.5;
/** "a photo of a cat in a garden", between the signs for start and end. */
const prompt = [49406, 320, 1125, 539, 320, 2368, 530, 320, 3967, 49407];

/** Sides that every network of this structure takes. */
export function unetForm(structure: UnetStructure): PartForm {
  const multiple = unetMultiple(structure);
  const side = Math.ceil(latentSide / multiple) * multiple;
  return { batch: 1, height: side, width: side, tokens };
}

export function textForm({ positions }: ClipStructure): PartForm {
  return { batch: 1, height: 1, width: 1, tokens: positions };
}

export const decoderForm: PartForm = { batch: 1, height: latentSide, width: latentSide, tokens: 1 };

/** Ids beyond a vocabulary that is smaller than CLIP's are brought into it. */
export function textInputs({ positions, vocabulary }: ClipStructure): readonly Inputs[] {
  const ids = Int32Array.from({ length: positions }, (_, at) => (prompt[at] ?? 49407) % vocabulary);
  return [{ input_ids: ids }];
}

/** One for each timestep. `context`: a text's features; seeded noise where there is none. */
export function unetInputs(structure: UnetStructure, context: Values | null): readonly Inputs[] {
  const { height, width } = unetForm(structure);
  const sample = philoxNormals(seed, draws.latent, 0, structure.channels * height * width);
  const text = context ?? philoxNormals(seed, draws.context, 0, tokens * structure.context);
  const condition =
    structure.condition > 0 ? { timestep_cond: guidanceEmbedding(guidance, structure.condition) } : {};
  return timesteps.map((timestep) => ({
    sample,
    timestep: Float32Array.of(timestep),
    context: text,
    ...condition,
  }));
}

/** `scaling`: what latents are multiplied by between the autoencoder and a UNet. */
export function decoderInputs(channels: number, scaling: number): readonly Inputs[] {
  const noise = philoxNormals(seed, draws.latent, 0, channels * latentSide * latentSide);
  return [{ latent: noise.map((value) => value / scaling) }];
}
