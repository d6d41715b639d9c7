/** What models are good for: the words that cards, the catalogue of available models and the filters share. */

export const modelUses = [
  'general',
  'photo',
  'faces',
  'anime',
  'line-art',
  'text',
  'compression',
  'noise',
  'paintings',
] as const;

export type ModelUse = (typeof modelUses)[number];
