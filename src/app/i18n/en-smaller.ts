/** The words of the sheet that makes a model smaller. */

import type { Storage } from '../../architectures/empty-table.ts';
import type { Formats } from './format.ts';

export function smallerWords({ bytes, duration, number, percent }: Formats) {
  return {
    open: 'Make smaller',
    title: (name: string) => `Make ${name} smaller`,
    close: 'Close',
    why: 'Stores the weights in less room. The model stays as it is: the smaller one is a model beside it, and is kept only when you say so.',
    now: (size: string, stored: Storage) =>
      `Now ${size}, ${stored === 'fp32' ? 'single precision' : 'half precision'}.`,
    how: 'Store the weights in',
    storages: { fp16: 'Half precision', q8: '8 bits' },
    hints: {
      fp16: 'Half of single precision. Hardly ever a visible difference.',
      q8: 'About half of half precision. The first and last layers keep half precision.',
    },
    make: 'Make and compare',
    again: 'Make another',
    stop: 'Stop',
    busy: 'A picture is being enlarged. This can be done when it is ready.',
    making: (share: number) => `Storing the weights: ${percent(share)}`,
    running: { before: 'Running the original on a part…', after: 'Running the smaller one on it…' },
    stopped: 'Stopped. Nothing was changed.',
    figures: 'What was measured',
    original: 'Original',
    smaller: 'Smaller',
    size: 'Size',
    time: 'Time',
    bytes,
    seconds: (seconds: number) => (seconds < 10 ? `${number(seconds, 2)} s` : duration(seconds)),
    difference: 'Difference',
    same: 'None: after rounding to 8 bits every pixel is the same.',
    differs: ({ psnr, mean, largest }: { psnr: number; mean: number; largest: number }) =>
      `PSNR ${number(psnr, 1)} dB. Mean ${number(mean, 2)}, largest ${number(largest)} of 255 levels.`,
    where: (on: 'picture' | 'example', backend: string) =>
      on === 'picture'
        ? `Both ran on ${backend}, on the middle of the open picture.`
        : `Both ran on ${backend}, on an example picture: open a picture of yours to compare on that.`,
    amplified: (gain: number) => (gain === 1 ? 'Differences' : `Differences, ${number(gain)} times brighter`),
    warning:
      'The two pictures are clearly different (below 30 dB). This model does not bear to be stored like this: discard it, or take half precision.',
    keep: 'Keep',
    keeping: 'Keeping…',
    discard: 'Discard',
    kept: (name: string) => `${name} is kept. The original stays until you delete it.`,
  };
}
