/** The structures of published diffusion models. */

export const down = {
  channels: 4,
  widths: [320, 640, 1280, 1280],
  layers: [2, 2, 2, 2],
  depths: [1, 1, 1, 0],
  heads: [8, 8, 8, 8],
  middleLayers: 2,
  middleDepth: 1,
  context: 768,
  embedding: 1280,
  condition: 0,
  linear: 0,
};
export const hint = { hintChannels: 3, hintWidths: [16, 32, 96, 256] };
export const sd1 = { ...down, outputs: 4, upLayers: [3, 3, 3, 3], upDepths: [0, 1, 1, 1] };
export const small = { ...sd1, layers: [1, 1, 1, 1], upLayers: [2, 2, 2, 2] };
export const noMiddle = { middleLayers: 0, middleDepth: 0 };
export const tiny = {
  ...sd1,
  ...noMiddle,
  widths: [320, 640, 1280],
  layers: [1, 1, 1],
  depths: [1, 1, 1],
  heads: [8, 8, 8],
  upLayers: [2, 2, 2],
  upDepths: [1, 1, 1],
};

export const vae = {
  widths: [128, 256, 512, 512],
  layers: 2,
  latent: 4,
  quant: 1,
  attention: 1,
  early: 0,
  points: 0,
} as const;

/** CLIP ViT-L/14. */
export const text = {
  width: 768,
  layers: 12,
  hidden: 3072,
  vocabulary: 49_408,
  positions: 77,
  quick: 1,
  skip: 0,
  inverted: 0,
};
