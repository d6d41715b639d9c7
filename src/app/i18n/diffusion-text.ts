/** The words of diffusion models in the page's language: apart, as the first paint needs none of them. */

import { diffusionWords } from './en-diffusion.ts';
import { smallerDiffusionWords } from './en-diffusion-smaller.ts';
import type { Text } from './en.ts';

export function diffusionText({ format }: Text): ReturnType<typeof diffusionWords> {
  return diffusionWords(format);
}

export function smallerDiffusionText({ format }: Text): ReturnType<typeof smallerDiffusionWords> {
  return smallerDiffusionWords(format);
}
