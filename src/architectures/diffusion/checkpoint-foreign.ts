/** Diffusion models that Enlarger does not run, told by their tensors' names, so that they can be refused by the name of their family. */

import { fail, type Result } from '../../base/result.ts';
import type { TensorTable } from '../../formats/tensor-table.ts';

interface Foreign {
  /** Completes "... is ...". */
  readonly what: string;
  readonly id: string;
  readonly names: RegExp;
}

/** What runs; completes sentences like "Choose ...". */
export const supported =
  'Stable Diffusion 1.x or 2.x, SD-Turbo, an LCM, or a model distilled from these (BK-SDM, small-sd, tiny-sd)';

/** A prefix that single files may have. */
const start = '(?:^|\\.)';

/** The more particular first: many share the names of blocks. */
const families: readonly Foreign[] = [
  {
    id: 'sdxl',
    what: 'a model of the SDXL family (SDXL, Pony, Illustrious, SSD-1B and the like)',
    names: /^conditioner\.embedders\.|\badd_embedding\.linear_1\.|diffusion_model\.label_emb\.|^label_emb\./,
  },
  {
    id: 'video',
    what: 'a model for video or a part of one',
    names:
      /\bmotion_modules\.|\.temporal_transformer\.|\.time_stack\.|\btemporal_res_block\.|\bhead\.modulation$|\bpatchify_proj\./,
  },
  {
    id: 'sd3',
    what: 'a model of the Stable Diffusion 3 family',
    names: /(?:^|\.)joint_blocks\.\d+\.|^text_encoders\.clip_g\.|(?:^|\.)pos_embed\.pos_embed$/,
  },
  {
    id: 'hunyuan',
    what: 'a model of the Hunyuan family',
    names: new RegExp(`${start}txt_in\\.individual_token_refiner\\.`),
  },
  {
    id: 'chroma',
    what: 'a model of the Chroma family',
    names: new RegExp(`${start}distilled_guidance_layer\\.`),
  },
  {
    id: 'flux',
    what: 'a model of the Flux family',
    names: new RegExp(`${start}(?:double_blocks|single_blocks|single_transformer_blocks)\\.\\d+\\.`),
  },
  {
    id: 'auraflow',
    what: 'a model of the AuraFlow family',
    names: new RegExp(`${start}double_layers\\.\\d+\\.`),
  },
  {
    id: 'qwen-image',
    what: 'a model of the Qwen-Image family',
    names: new RegExp(`${start}transformer_blocks\\.\\d+\\.(?:img|txt)_mod\\.`),
  },
  {
    id: 'pixart',
    what: 'a model of the PixArt or Sana family',
    names: new RegExp(`${start}(?:adaln_single|caption_projection|y_embedder)\\.`),
  },
  {
    id: 'lumina',
    what: 'a model of the Lumina or Z-Image family',
    names: new RegExp(`${start}cap_embedder\\.`),
  },
  {
    id: 'cascade',
    what: 'a model of the Stable Cascade family',
    names: new RegExp(`${start}(?:clip_txt_mapper|effnet_mapper|clip_txt_pooled_mapper)\\.`),
  },
  {
    id: 'transformer',
    what: 'a diffusion transformer of a family that Enlarger does not know',
    names: new RegExp(
      `${start}(?:transformer_blocks|blocks)\\.\\d+\\..*(?:adaLN|scale_shift_table|modulation)`,
    ),
  },
  {
    id: 'ip-adapter',
    what: 'an IP-Adapter',
    names: /^(?:ip_adapter|image_proj)\./,
  },
  {
    id: 't2i-adapter',
    what: 'a T2I-Adapter',
    names: /^(?:adapter\.)?body\.\d+\.(?:in_conv|resnets\.\d+\.block1)\./,
  },
  {
    id: 'control-lora',
    what: 'a Control-LoRA, which is no ControlNet by itself',
    names: /^lora_controlnet$/,
  },
  {
    id: 'large-text',
    what: 'a text encoder of newer models (T5 or a language model)',
    names:
      /(?:^|\.)encoder\.block\.\d+\.layer\.|^shared\.weight$|^(?:model\.)?(?:language_model\.)?layers\.\d+\.self_attn\./,
  },
];

/** The family of a file that Enlarger cannot redraw with; null where none is recognised. */
export function foreignFamily(table: TensorTable): { readonly id: string; readonly what: string } | null {
  const names = [...table.tensors.keys()];
  const family = families.find((one) => names.some((name) => one.names.test(name)));
  if (family) return { id: family.id, what: family.what };
  return foreignShapes(table);
}

/** What has the names of Stable Diffusion's parts and other shapes. */
function foreignShapes({ tensors }: TensorTable): { readonly id: string; readonly what: string } | null {
  const side = (names: readonly string[], at: number): number | undefined =>
    names.map((name) => tensors.get(name)?.shape[at]).find((value) => value !== undefined);
  const prefixes = ['', 'first_stage_model.', 'vae.'];
  const latent = side(
    prefixes.map((prefix) => `${prefix}decoder.conv_in.weight`),
    1,
  );
  if (latent !== undefined && latent > 4)
    return { id: 'vae', what: `an autoencoder with ${latent} channels, of a newer family (SD 3, Flux)` };
  const width = side(['text_model.embeddings.token_embedding.weight', 'token_embedding.weight'], 1);
  if (width === largeText)
    return { id: 'sdxl', what: 'the second text encoder of SDXL or SD 3 (OpenCLIP ViT-bigG)' };
  return null;
}

const largeText = 1280;

/** The family of that id: of graphs, whose ends tell it. */
export function familyOf(id: string): { readonly id: string; readonly what: string } {
  const family = families.find((one) => one.id === id);
  return { id, what: family?.what ?? 'a part of a newer family of diffusion models' };
}

/** `model-unsupported` that names the file, its family and what runs. */
export function refuseFamily(name: string, { id, what }: { id: string; what: string }): Result<never> {
  return fail(
    'model-unsupported',
    `"${name}" is ${what}, which Enlarger cannot redraw with. Choose ${supported}.`,
    { reason: 'diffusion-family', family: id, name },
  );
}
