/** The words of the sheet that makes a diffusion model smaller. */

import type { PartStorage, StoredPart } from '../../architectures/diffusion/store-parts.ts';
import type { Fit } from '../../models/diffusion-fit.ts';
import type { SmallerOf } from '../../models/diffusion-smaller.ts';
import type { Formats } from './format.ts';

const parts: Readonly<Record<StoredPart, string>> = {
  unet: 'UNet',
  'text-encoder': 'Text encoder',
  vae: 'VAE',
  controlnet: 'ControlNet',
};

/** Inside a sentence. */
const inside = { ...parts, 'text-encoder': 'text encoder' };

const storages: Readonly<Record<PartStorage, string>> = {
  half: 'Half precision',
  q8: '8 bits',
  q4: '4 bits',
};

/** Shares of difference below which each of these words is said; beyond the last a person is warned. */
export const driftBounds = { unseen: 0.02, little: 0.06, clear: 0.2 } as const;

export function smallerDiffusionWords({ bytes, number, percent }: Formats) {
  const share = (drift: number): string => `${number(drift * 100, drift < 0.1 ? 1 : 0)} %`;
  const meaning = (drift: number): string =>
    drift < driftBounds.unseen
      ? 'hardly to be seen'
      : drift < driftBounds.little
        ? 'small details change'
        : drift < driftBounds.clear
          ? 'details are drawn otherwise'
          : 'does not bear it';
  return {
    open: 'Make smaller…',
    title: (name: string) => `Make ${name} smaller`,
    close: 'Close',
    why: 'Stores the weights in fewer bits, which widen where they are used. The model stays as it is: the smaller one is a copy beside it.',
    goal: (goal: number) =>
      `Each way is made and compared with the original on this device, which takes a while. Then the mix that changes least and takes about ${bytes(goal)} at most is proposed.`,
    reading: 'Looking at the files…',
    sizes: 'What each part takes',
    part: 'Part',
    now: 'Now',
    parts,
    storages,
    stays: 'as it is',
    none: 'as before',
    total: 'Total',
    make: 'Make and compare',
    again: 'Try again',
    stop: 'Stop',
    busy: 'The engine is at work. This can be done when it is ready.',
    making: (part: StoredPart, storage: PartStorage, done: number, step: number, steps: number) =>
      `${parts[part]} in ${storages[storage].toLowerCase()}: storing ${percent(done)} (${number(step)} of ${number(steps)})`,
    comparing: (part: StoredPart, storage: PartStorage, step: number, steps: number) =>
      `${parts[part]} in ${storages[storage].toLowerCase()}: comparing with the original (${number(step)} of ${number(steps)})`,
    stopped: 'Stopped. Nothing was changed.',
    recommended: 'proposed',
    drift: (drift: number | null, against: 'original' | 'q8') =>
      drift === null
        ? 'not measured'
        : `${share(drift)} ${against === 'q8' ? 'from 8 bits' : 'off'}: ${meaning(drift)}`,
    against:
      'The original does not fit this device, so 4 bits were measured against 8 bits, and 8 bits not at all.',
    controlnet: 'A ControlNet works only beside a UNet, so nothing is measured of it alone.',
    where: (backend: string) =>
      `Measured on ${backend}: how far what a part gives is off, in per cent of what it gives. Not every per cent is seen in a picture.`,
    chosen: (all: number, before: number) => `${bytes(all)} together, instead of ${bytes(before)}`,
    warning:
      'A part is far off like this. Take more bits for it, or try a picture before you delete the original.',
    keep: 'Keep the copy',
    keeping: (done: number) => `Keeping the copy: ${percent(done)}`,
    discard: 'Discard',
    kept: (name: string, size: string) => `${name} (${size}) is kept. Redraw with it like any other.`,
    notKept: 'It works until this page is closed: the original is still needed.',
    original: (name: string, size: string) => `Do you still need the original? ${name} takes ${size}.`,
    keepBoth: 'Keep both',
    remove: 'Delete the original',
    of: ({ name, parts: stored }: SmallerOf) => {
      const measured = stored.filter(({ storage, drift }) => storage !== 'half' && drift !== null);
      const figures = measured.map(({ part, drift }) => `${inside[part]} ${share(drift ?? 0)} off`);
      return `Smaller copy of ${name}${figures.length > 0 ? ` (${figures.join(', ')})` : ''}`;
    },
    runs: ({ need, packed }: Pick<Fit, 'need' | 'packed'>) =>
      packed === need
        ? 'This device brings it to 8 bits before each job. Make it smaller, and its copy starts at once.'
        : `Large for this device: about ${bytes(need)} of memory. Make it smaller, and its copy runs in about ${bytes(packed)}.`,
  };
}
