/** Whether what was found makes a whole model whose parts fit each other; otherwise what to add or to change. */

import { fail, ok, type Result } from '../../base/result.ts';
import type { Base, FoundModel } from './checkpoint.ts';
import { supported } from './checkpoint-foreign.ts';
import type { FoundPart, Structures } from './checkpoint-parts.ts';
import { skipsOf } from './unet-tensors.ts';

type Half<Large extends keyof Structures, Tiny extends keyof Structures> =
  | ({ readonly kind: Large } & FoundPart<Structures[Large]>)
  | ({ readonly kind: Tiny } & FoundPart<Structures[Tiny]>);

/** All that redrawing needs. */
export interface WholeModel {
  readonly text: FoundPart<Structures['text-encoder']>;
  readonly unet: FoundPart<Structures['unet']>;
  readonly encoder: Half<'vae-encoder', 'taesd-encoder'>;
  readonly decoder: Half<'vae-decoder', 'taesd-decoder'>;
  readonly controlnet: FoundPart<Structures['controlnet']> | null;
}

const baseNames: Readonly<Record<Base, string>> = {
  sd1: 'Stable Diffusion 1.x',
  sd2: 'Stable Diffusion 2.x',
};

/** Widths of the text's features to what has them. */
function baseOf(width: number): string {
  if (width === 768) return baseNames.sd1;
  return width === 1024 ? baseNames.sd2 : `another model (${width} text features)`;
}

/**
 * TAESD stands in for a VAE that is not there. Failures: `model-unavailable` naming each part that is missing and where it is found, and
 * `model-unsupported` for parts that do not fit each other.
 */
export function wholeModel({ parts, base }: FoundModel): Result<WholeModel> {
  const { unet, 'text-encoder': text, controlnet = null } = parts;
  const encoder = half('vae-encoder', parts['vae-encoder'], 'taesd-encoder', parts['taesd-encoder']);
  const decoder = half('vae-decoder', parts['vae-decoder'], 'taesd-decoder', parts['taesd-decoder']);
  const enlarging = parts['ldsr-unet'] ?? parts['ldsr-decoder'];
  if (!unet && enlarging) return refuseEnlarging(enlarging.from);
  if (!unet || !text || !encoder || !decoder) {
    const missing = [
      ...(unet ? [] : ['unet' as const]),
      ...(text ? [] : ['text-encoder' as const]),
      ...(encoder && decoder ? [] : ['vae' as const]),
    ];
    return missingParts(missing, unet?.from ?? null, base);
  }
  const model: WholeModel = { text, unet, encoder, decoder, controlnet };
  const odd = misfit(model);
  return odd === null ? ok(model) : fail('model-unsupported', odd, { reason: 'misfit' });
}

function refuseEnlarging(name: string): Result<never> {
  const message =
    `"${name}" is latent super-resolution (LDSR), which enlarges by itself and redraws nothing: a recipe's step "ldsr" runs it. ` +
    `To redraw, choose ${supported}.`;
  return fail('model-unsupported', message, { reason: 'diffusion-use', name });
}

function half<Large extends keyof Structures, Tiny extends keyof Structures>(
  large: Large,
  own: FoundPart<Structures[Large]> | undefined,
  tiny: Tiny,
  other: FoundPart<Structures[Tiny]> | undefined,
): Half<Large, Tiny> | null {
  if (own) return { kind: large, ...own };
  return other ? { kind: tiny, ...other } : null;
}

export type MissingPart = 'unet' | 'text-encoder' | 'vae';

const missingWords: Readonly<
  Record<MissingPart, { readonly what: string; readonly add: (base: string) => string }>
> = {
  unet: { what: 'UNet', add: () => `a checkpoint of ${supported}` },
  'text-encoder': {
    what: 'text encoder',
    add: (base) => `"text_encoder/model.safetensors" of a folder of ${base}, or a whole checkpoint`,
  },
  vae: {
    what: 'VAE',
    add: (base) =>
      `"vae/diffusion_pytorch_model.safetensors" of a folder of ${base}, a VAE file such as vae-ft-mse-840000, or TAESD (encoder and decoder)`,
  },
};

/** Names what is missing and what to add; `from` is the file that has the rest, `base` what it is for, where they are known. */
export function missingParts(
  missing: readonly MissingPart[],
  from: string | null,
  base: Base | null,
): Result<never> {
  const name = base ? baseNames[base] : 'Stable Diffusion 1.x or 2.x';
  const of = from === null ? 'The files hold' : `"${from}" comes with`;
  const sentences = missing.map((part) => {
    const { what, add } = missingWords[part];
    return `${of} no ${what}: add ${add(name)}.`;
  });
  return fail('model-unavailable', sentences.join(' '), {
    reason: 'missing-part',
    parts: missing.join(', '),
    base: base ?? '',
  });
}

/** A sentence about the first two parts that do not fit each other. */
function misfit({ text, unet, encoder, decoder, controlnet }: WholeModel): string | null {
  const { context, channels, outputs } = unet.structure;
  if (text.structure.width !== context) {
    return (
      `The text encoder in "${text.from}" is that of ${baseOf(text.structure.width)}, and the UNet in "${unet.from}" ` +
      `belongs to ${baseOf(context)}: take both from the same model.`
    );
  }
  for (const { from, structure } of [encoder, decoder]) {
    if (structure.latent !== channels || structure.latent !== outputs)
      return `The VAE in "${from}" has ${structure.latent} channels, and the UNet in "${unet.from}" takes ${channels}: take another VAE.`;
  }
  if (!controlnet) return null;
  const given = controlnet.structure;
  if (given.context !== context) {
    return (
      `The ControlNet in "${controlnet.from}" is for ${baseOf(given.context)}, and the UNet in "${unet.from}" belongs to ` +
      `${baseOf(context)}: take a ControlNet for that.`
    );
  }
  const widths = (of: Parameters<typeof skipsOf>[0]): string =>
    skipsOf(of)
      .map((skip) => skip.channels)
      .join(' ');
  if (given.channels === channels && widths(given) === widths(unet.structure)) return null;
  return (
    `The ControlNet in "${controlnet.from}" does not fit the UNet in "${unet.from}", whose blocks are others (distilled models ` +
    'have fewer): leave it out, or take the model that it was made for.'
  );
}
