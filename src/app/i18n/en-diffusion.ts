/** The words of diffusion models on the library screen: files, parts, sets, and whether they fit this device. */

import type { DiffusionEntry, DiffusionKind, MissingPart } from '../../models/diffusion-entry.ts';
import type { Fit } from '../../models/diffusion-fit.ts';
import type { Formats } from './format.ts';

const kinds: Readonly<Record<DiffusionKind, string>> = {
  unet: 'UNet',
  'text-encoder': 'text encoder',
  'vae-encoder': 'VAE',
  'vae-decoder': 'VAE',
  'taesd-encoder': 'TAESD',
  'taesd-decoder': 'TAESD',
  controlnet: 'ControlNet',
  lora: 'LoRA',
  embedding: 'textual inversion',
  'ldsr-unet': 'network',
  'ldsr-decoder': 'decoder',
};

const bases = { sd1: 'Stable Diffusion 1', sd2: 'Stable Diffusion 2' } as const;
const missing: Readonly<Record<MissingPart, string>> = {
  'text-encoder': 'a text encoder',
  unet: 'a UNet',
  vae: 'a VAE (or TAESD)',
};

function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}

export function diffusionWords({ bytes, plural }: Formats) {
  const parts = (entry: Pick<DiffusionEntry, 'parts'>): string => {
    const names = [...new Set(entry.parts.map(({ kind }) => kinds[kind]))];
    return ['UNet', 'text encoder', 'VAE'].every((name) => names.includes(name))
      ? `Checkpoint: ${listed(names)}`
      : listed(names).replace(/^./, (first) => first.toUpperCase());
  };
  const base = (entry: Pick<DiffusionEntry, 'base' | 'parts'>): string => {
    const enlarges = entry.parts.some(({ kind }) => kind === 'ldsr-unet' || kind === 'ldsr-decoder');
    if (enlarges) return 'Latent super-resolution (LDSR), enlarges 4 times';
    return entry.base ? bases[entry.base] : 'Any base';
  };
  const wayOut = 'Take a smaller set, or use a computer with a graphics card.';
  return {
    title: 'Diffusion files',
    none: 'Drop a Stable Diffusion checkpoint, LoRA, VAE, ControlNet or textual inversion on this page, or a whole diffusers folder; or take a set below.',
    parts,
    base,
    prediction: (entry: Pick<DiffusionEntry, 'prediction'>): string | null =>
      entry.prediction === null ? null : entry.prediction === 'v' ? 'v-prediction' : 'epsilon prediction',
    sampling: (entry: Pick<DiffusionEntry, 'sampling'>): string | null =>
      entry.sampling === null ? null : entry.sampling === 'lcm' ? 'LCM' : 'Turbo',
    needs: (without: readonly MissingPart[]) =>
      `To redraw it also needs ${listed(without.map((one) => missing[one]))}.`,
    imported: (entry: DiffusionEntry, known: boolean) =>
      known
        ? `${entry.name} was on this device already.`
        : `${entry.name} (${base(entry)}, ${parts(entry)}) is kept on this device, under Models.`,
    full: ({ name }: Pick<DiffusionEntry, 'name'>, tensors: readonly string[]) =>
      `${name} is kept in half precision, but for ${plural(tensors.length, { one: '# tensor', other: '# tensors' })} with values that exceed it: ${listed(tensors.slice(0, 3))}${tensors.length > 3 ? ' and others' : ''}.`,
    sets: 'Get Stable Diffusion',
    setsHint:
      'Models that redraw an enlarged picture and invent detail. They come from Hugging Face and stay on this device.',
    setsFailed: (why: string) => `The list of diffusion models could not be read. ${why}`,
    recommended: 'Start here',
    total: (all: number, left: number) =>
      left === 0
        ? `${bytes(all)}, all on this device`
        : left < all
          ? `${bytes(all)}, ${bytes(left)} still to download`
          : `${bytes(all)} to download`,
    memory: (need: number) => `About ${bytes(need)} of memory while it works`,
    files: (count: number) =>
      plural(count, { one: 'What it is made of (# file)', other: 'What it is made of (# files)' }),
    here: 'on this device',
    download: (left: number) => `Download ${bytes(left)}`,
    fit: ({ reason, need }: Fit): string => {
      switch (reason) {
        case 'gpu':
          return 'Should run on this GPU. The browser does not say how much memory the GPU has.';
        case 'little-memory':
          return `May not fit: it needs about ${bytes(need)}, and this device has little memory. Close other tabs, or take a smaller set.`;
        case 'no-half':
          return `This GPU does not compute, or not rightly, in half precision, so its large parts are brought to 8 bits before each job, which takes a while: about ${bytes(need)}. A smaller copy of it, made once it is here, starts at once.`;
        case 'no-half-large':
          return `Does not fit: this GPU does not compute, or not rightly, in half precision, and in 8 bits it would need about ${bytes(need)}. ${wayOut}`;
        case 'phone':
          return 'Phones and tablets give a page little memory: this may run slowly, or the browser may close the page.';
        case 'phone-large':
          return `Does not fit a phone or tablet: it needs about ${bytes(need)}. Plain enlarging works here. ${wayOut}`;
        case 'cpu':
          return 'Runs on the CPU here, without a GPU. With two threads, a picture of 512 x 512 pixels and one step took less than two minutes; larger ones and more steps take many.';
        case 'cpu-slow':
          return `Runs on the CPU here, without a GPU, very slowly: with two threads, one step of 512 x 512 pixels took two minutes, and twice that with a negative prompt. It needs about ${bytes(need)}. ${wayOut}`;
        case 'cpu-large':
          return `Does not run here: without a GPU the browser's memory for computing ends at 4 GB, and this needs about ${bytes(need)}. ${wayOut}`;
        case 'unknown':
          return 'Whether it runs here is known when the device has been looked at.';
      }
    },
  };
}
