/** The sizes that people make wallpapers in, by ratio. */

import type { Size } from '../picture/geometry.ts';

export interface SizePreset extends Size {
  /** The name that the size goes by; empty where it has none. */
  readonly label: string;
}

export interface PresetGroup {
  /** Aspect ratio as people write it, e.g. `16:9`. */
  readonly ratio: string;
  readonly sizes: readonly SizePreset[];
}

/** Every group from small to large. The sizes of `21:9` and of phones only come near their ratio. */
export const sizePresets: readonly PresetGroup[] = [
  {
    ratio: '16:9',
    sizes: [
      { width: 1280, height: 720, label: 'HD' },
      { width: 1920, height: 1080, label: 'Full HD' },
      { width: 2560, height: 1440, label: 'QHD' },
      { width: 3840, height: 2160, label: '4K UHD' },
      { width: 5120, height: 2880, label: '5K' },
      { width: 7680, height: 4320, label: '8K UHD' },
    ],
  },
  {
    ratio: '21:9',
    sizes: [
      { width: 2560, height: 1080, label: 'UW-FHD' },
      { width: 3440, height: 1440, label: 'UW-QHD' },
      { width: 5120, height: 2160, label: '5K2K' },
    ],
  },
  {
    ratio: '4:3',
    sizes: [
      { width: 1024, height: 768, label: 'XGA' },
      { width: 1600, height: 1200, label: 'UXGA' },
      { width: 2048, height: 1536, label: 'QXGA' },
      { width: 3200, height: 2400, label: 'QUXGA' },
      { width: 4096, height: 3072, label: 'HXGA' },
    ],
  },
  {
    ratio: '9:16',
    sizes: [
      { width: 1080, height: 1920, label: 'Full HD' },
      { width: 1440, height: 2560, label: 'QHD' },
      { width: 2160, height: 3840, label: '4K UHD' },
    ],
  },
  {
    ratio: '9:19.5',
    sizes: [
      { width: 1080, height: 2340, label: 'Android' },
      { width: 1179, height: 2556, label: 'iPhone' },
      { width: 1290, height: 2796, label: 'iPhone Pro Max' },
      { width: 1440, height: 3120, label: 'Android QHD+' },
    ],
  },
];
