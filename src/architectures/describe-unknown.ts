/** Says what a table of tensors that no family recognises looks like, and what can be done. */

import type { Failure } from '../base/errors.ts';
import { failure } from '../base/result.ts';
import type { TensorTable } from '../formats/tensor-table.ts';
import { foreignFamily, supported } from './diffusion/checkpoint-foreign.ts';
import { isLora } from './diffusion/lora-names.ts';

interface Likely {
  readonly id: string;
  /** Every one must be met by some tensor's name. */
  readonly names: readonly RegExp[];
  /** Completes "It looks like ...". */
  readonly what: string;
  /** Where ONNX does not help. */
  readonly wayOut?: string;
}

const chooseUpscaler = 'Choose an upscaler.';
/** Parts of diffusion models work in another step than upscalers do. */
const redrawing = (what: string): string =>
  `Give ${what} to a recipe's refine step, which redraws pictures with it, or open it on the page, which keeps it for that. To enlarge, choose an upscaler.`;
const parts = (what: string): string => `${what}, which is not an upscaler by itself`;

/** The more particular first. */
const kinds: readonly Likely[] = [
  {
    id: 'lora',
    names: [/(^|[._])lora_(up|down|A|B|te|unet)\b|\.lora_(up|down|A|B)\./],
    what: parts('a LoRA of a diffusion model'),
    wayOut: redrawing('it, beside the model that it is for,'),
  },
  {
    id: 'diffusion',
    names: [
      /^(model\.)?diffusion_model\.|^first_stage_model\.|^cond_stage_model\.|^conditioner\.embedders\./,
    ],
    what: parts('a Stable Diffusion checkpoint'),
    wayOut: redrawing('it'),
  },
  {
    id: 'diffusion-part',
    names: [/^(control_model|controlnet_down_blocks|controlnet_cond_embedding|zero_convs)\./],
    what: parts('a ControlNet'),
    wayOut: redrawing('it, with a checkpoint,'),
  },
  {
    id: 'diffusion',
    names: [/^(unet\.)?down_blocks\.\d+\.resnets\./, /time_emb(ed|edding)/],
    what: parts('the UNet of a Stable Diffusion checkpoint'),
    wayOut: redrawing('it, with a text encoder and a VAE,'),
  },
  {
    id: 'diffusion-part',
    names: [
      /^(encoder|decoder)\.(down|up|down_blocks|up_blocks)\.\d+\./,
      /quant_conv|\.resnets\.|\.block\.\d+\.norm1/,
    ],
    what: parts('the VAE of a diffusion model'),
    wayOut: redrawing('it, with a checkpoint,'),
  },
  {
    id: 'diffusion-part',
    names: [/text_model\.encoder\.layers\.|^transformer\.resblocks\.|^encoder\.block\.\d+\.layer\./],
    what: parts('a text encoder'),
    wayOut: redrawing('it, with a UNet and a VAE,'),
  },
  {
    id: 'codeformer',
    names: [/^quantize\.embedding/, /^(ft_layers|fuse_convs_dict|position_emb)/],
    what: 'CodeFormer, which restores faces',
  },
  {
    id: 'gfpgan',
    names: [/^stylegan_decoder\./],
    what: 'GFPGAN, which restores faces',
  },
  {
    id: 'face',
    names: [/^(quantize|embed_size|to_logits|codebook)|^body\.stage\d|^(ClassHead|BboxHead|LandmarkHead)\./],
    what: 'a model for faces (RestoreFormer, RetinaFace and the like)',
  },
  {
    id: 'video',
    names: [
      /^spynet\.|^pcd_align\.|deform_align|^(backward|forward)_(trunk|resblocks)|^flownet\.|^block\d\.conv0\.0\.0/,
    ],
    what: 'a model for video, which looks at several frames at once',
    wayOut: 'Enlarger enlarges single pictures.',
  },
  {
    id: 'discriminator',
    names: [/\.weight_orig$/, /\.weight_u$/],
    what: 'a discriminator: the half of a training that judges pictures and makes none',
    wayOut: 'Choose the generator (often "net_g").',
  },
  {
    id: 'training',
    names: [/(^|\.)exp_avg$/],
    what: 'a training state without its network',
    wayOut: 'Choose the network (often "net_g").',
  },
  { id: 'restorer', names: [/^intro\.weight$/, /^ending\.weight$/], what: 'NAFNet, a restorer' },
  { id: 'restorer', names: [/^patch_embed\.proj\./, /^encoder_level1\./], what: 'Restormer, a restorer' },
  {
    id: 'restorer',
    names: [/^m_head\.0\./, /^m_down1\./],
    what: 'SCUNet, DRUNet or FBCNN, which remove noise',
  },
  { id: 'inpainting', names: [/\.ffc\.|\.convl2l\./], what: 'LaMa, which fills holes' },
  {
    id: 'edsr',
    names: [/^head\.0\.weight$/, /^body\.\d+\.body\./, /^tail\./],
    what: 'EDSR, RCAN or a relative of theirs',
  },
  {
    id: 'swin',
    names: [/relative_position_bias_table$/, /^layers\.0\./],
    what: 'an upscaler of the Swin family in a variant that is not known',
  },
  {
    id: 'esrgan',
    names: [/\.rdb1\.conv1\.|\.RDB1\.conv1\./i],
    what: 'ESRGAN in a variant that is not known',
  },
  {
    id: 'detector',
    names: [/^(model\.)?\d+\.(conv|cv1|m)\./, /\.(dfl|cv2|anchors?)\b/],
    what: 'a detector of objects (YOLO)',
    wayOut: chooseUpscaler,
  },
  {
    id: 'classifier',
    names: [/^(fc|classifier|head)(\.\d+)?\.weight$/],
    what: 'a classifier, which names what is in a picture',
    wayOut: chooseUpscaler,
  },
];

const diffusion: ReadonlySet<string> = new Set(['lora', 'diffusion', 'diffusion-part', 'foreign-diffusion']);

/** What no step of Enlarger has a use for. A LoRA is named as one, whatever it is for. */
function foreignDiffusion(original: TensorTable, table: TensorTable): Omit<Likely, 'names'> | null {
  const family = isLora(original) ? null : (foreignFamily(original) ?? foreignFamily(table));
  if (family === null) return null;
  const wayOut = `Enlarger cannot use it. It redraws with ${supported}; to enlarge, choose an upscaler.`;
  return { id: 'foreign-diffusion', what: family.what, wayOut };
}

const asOnnx = 'If it enlarges or restores pictures, export it to ONNX and open that file.';
const namesShown = 3;

/**
 * The failure `model-unrecognised`; `detail.likely` is the kind that it looks like, or "unknown". `original` is the table
 * under the file's own names, where those were changed.
 */
export function describeUnknown(
  table: TensorTable,
  families: readonly string[],
  original: TensorTable = table,
): Failure {
  const names = [...table.tensors.keys()];
  const own = [...original.tensors.keys()];
  const likely =
    foreignDiffusion(original, table) ??
    kinds.find((kind) => kind.names.every((pattern) => names.some((name) => pattern.test(name))));
  const shown = own.slice(0, namesShown).map((name) => `"${name.slice(0, 80)}"`);
  const have =
    names.length === 0
      ? 'The file holds no tensors.'
      : `The tensors of this file (${names.length}, the first: ${shown.join(', ')}) belong to no known network.`;
  const looks = likely ? `It looks like ${likely.what}.` : '';
  const wayOut = likely?.wayOut ?? asOnnx;
  const known = likely && diffusion.has(likely.id) ? '' : `Known are ${families.join(', ')}.`;
  const message = [have, looks, wayOut, known].filter((part) => part !== '').join(' ');
  return failure('model-unrecognised', message, {
    tensors: names.length,
    example: own[0] ?? '',
    likely: likely?.id ?? 'unknown',
    families: families.join(', '),
  });
}
