/** The words of the part of the panel that redraws details with a diffusion model. */

import type { SamplerName, SpacingName } from '../../diffusion/samplers/names.ts';
import type { Remark } from '../../diffusion/text/prompt.ts';
import type { NoiseSource } from '../../diffusion/noise/noise-field.ts';
import type { StrengthRule } from '../../diffusion/schedule/plan.ts';
import type { RedrawOrder, SeamFix } from '../../diffusion/tiles/ultimate-options.ts';
import type { Trained } from '../../models/diffusion-entry.ts';
import type { DiffusionEntry } from '../../models/diffusion-entry.ts';
import type { ColourMatch, ControlMode } from '../../recipes/refine.ts';
import type { RedrawMode } from '../state/redraw.ts';
import type { Formats } from './format.ts';

const samplers: Readonly<Record<SamplerName, string>> = {
  ddim: 'DDIM',
  euler: 'Euler',
  'euler-a': 'Euler a',
  heun: 'Heun',
  'dpmpp-2m': 'DPM++ 2M',
  'dpmpp-2m-sde': 'DPM++ 2M SDE',
  'dpmpp-3m-sde': 'DPM++ 3M SDE',
  lcm: 'LCM',
  turbo: 'Turbo',
};

const spacings: Readonly<Record<SpacingName, string>> = {
  normal: 'Normal',
  karras: 'Karras',
  trailing: 'Trailing',
};

export function redrawWords({ number, plural, percent }: Formats) {
  return {
    why: 'Stable Diffusion redraws the enlarged picture and invents detail that was never there. Known as SD Upscale, or img2img in tiles.',
    on: 'Redraw after enlarging',
    none: 'No Stable Diffusion model is on this device yet.',
    get: 'Get Stable Diffusion…',
    model: 'Model',
    missing: {
      'text-encoder': (base: DiffusionEntry['base']) =>
        `This model comes without its text encoder. Drop "text_encoder/model.safetensors" of a folder of Stable Diffusion ${base === 'sd2' ? 2 : 1} onto this page, or choose a whole checkpoint.`,
      vae: () =>
        'This model comes without its VAE. Drop a VAE file onto this page, such as vae-ft-mse-840000-ema-pruned.safetensors, or get TAESD, which takes 10 MB.',
    },
    ldsr: {
      on: 'Enlarge by latent super-resolution (LDSR)',
      what: 'LDSR enlarges 4 times in place of the model above, and invents detail. It takes long. What comes out is brought to the wanted size.',
      missing:
        'LDSR comes without its decoder. Drop "vqvae/diffusion_pytorch_model.safetensors" of CompVis/ldm-super-resolution-4x-openimages onto this page, or its single file.',
    },
    merging: (share: number) => `Merging LoRAs… ${percent(share)}`,
    trained: 'Trained',
    trainings: {
      unsaid: 'Not known',
      usual: 'As usual',
      turbo: 'As Turbo (1 to 4 steps)',
      lcm: 'As LCM (4 to 8 steps)',
    } satisfies Record<Trained | 'unsaid', string>,
    trainedHint:
      'How was this model trained? Its file does not say. The answer sets sampler, steps and CFG; without one they are the usual.',
    prompt: 'Prompt',
    promptHint: 'What the picture shows. May stay empty.',
    negative: 'Negative prompt',
    negativeHint: 'What it must not show.',
    negativeUnused: 'Not looked at while CFG is 1.',
    counting: 'Counting…',
    tokens: (tokens: number, capacity: number) => {
      const chunks = Math.round(capacity / 75);
      const counted = `${number(tokens)} of ${number(capacity)} tokens`;
      return chunks > 1 ? `${counted}, ${plural(chunks, { one: '# chunk', other: '# chunks' })}` : counted;
    },
    remarks: {
      'editing-ignored': () =>
        'The brackets of this prompt do not match, so nothing in it changes while it is drawn: [a:b:0.5] and [a|b] are read as plain text.',
      'break-as-word': () => 'BREAK inside brackets does not begin a new chunk. Put it outside of them.',
      'tag-ignored': (about: string) =>
        `${about} does nothing: only LoRA tags such as <lora:name:0.8> are known.`,
    } satisfies Record<Remark['kind'], (about: string) => string>,
    strength: 'Strength',
    strengthValue: (strength: number) => number(strength, 2),
    strengthWords: (strength: number) => {
      if (strength === 0) return 'Nothing is invented.';
      if (strength < 0.2) return 'Hardly anything is invented: texture only.';
      if (strength < 0.4) return 'Fine detail is invented, shapes stay.';
      if (strength < 0.6) return 'Much is invented: small shapes change.';
      return 'Most is invented: the picture becomes another one.';
    },
    seed: 'Seed',
    dice: 'Roll another seed',
    more: 'More about redrawing',
    own: (name: string) => `${name} (usual)`,
    steps: 'Steps',
    sampler: 'Sampler',
    samplers,
    spacing: 'Spacing',
    spacings,
    guidance: 'CFG',
    guidanceHint: 'How closely the prompt is followed. 1 takes half the time.',
    tiles: 'Tiles',
    modes: {
      joint: 'All together (no seams)',
      'sd-upscale': 'SD Upscale',
      ultimate: 'Ultimate SD Upscale',
    } satisfies Record<RedrawMode, string>,
    tile: 'Tile size',
    overlap: 'Overlap',
    padding: 'Padding',
    pixels: 'pixels',
    order: 'Order',
    orders: {
      linear: 'Linear',
      chess: 'Chess',
      none: 'Seams only',
    } satisfies Record<RedrawOrder, string>,
    seams: 'Seam fix',
    seamFixes: {
      none: 'None',
      band: 'Band pass',
      'half-tile': 'Half tile',
      'half-tile-intersections': 'Half tile + intersections',
    } satisfies Record<SeamFix, string>,
    loras: 'LoRAs',
    weightOf: (name: string) => `Weight of ${name}`,
    forBase: ({ base }: Pick<DiffusionEntry, 'base'>) => `(for Stable Diffusion ${base === 'sd2' ? 2 : 1})`,
    control: 'ControlNet',
    noControl: 'None',
    resemblance: 'Resemblance',
    resemblanceHint: 'How strictly the ControlNet holds to the picture.',
    controlMode: 'Control mode',
    controlModes: {
      balanced: 'Balanced',
      prompt: 'Prompt counts more',
      control: 'ControlNet counts more',
    } satisfies Record<ControlMode, string>,
    controlStart: 'Starts at',
    controlEnd: 'Ends at',
    clipSkip: 'Clip skip',
    strengthRule: 'Strength as',
    strengthRules: {
      level: 'One noise level',
      sampler: 'In AUTOMATIC1111',
      diffusers: 'In diffusers',
    } satisfies Record<StrengthRule, string>,
    noise: 'Noise as',
    noises: {
      philox: 'On a GPU (Philox)',
      mt19937: 'On the CPU (MT19937)',
    } satisfies Record<NoiseSource, string>,
    colour: 'Colour match',
    colours: {
      wavelet: 'Wavelet',
      mean: 'Mean and spread',
      none: 'Off',
    } satisfies Record<ColourMatch, string>,
  };
}
