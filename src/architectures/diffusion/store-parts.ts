/**
 * A part of a diffusion model as a file of diffusers' layout, in half precision or in fewer bits. Tensor by tensor: no more than one of them is
 * in memory. What the network does not need is left out.
 */

import { invariant } from '../../base/assert.ts';
import { AppendedTable, type ByteStore } from '../../formats/appended-table.ts';
import { singlesOf } from '../../formats/convert-dtypes.ts';
import { toHalfArray } from '../../formats/float16.ts';
import { writeSafetensors } from '../../formats/safetensors/writer.ts';
import { dtypeBytes, valueCount } from '../../formats/tensor-bytes.ts';
import type { TensorEntry, TensorTable } from '../../formats/tensor-table.ts';
import type { NamedBlob } from '../../formats/weights-file.ts';
import type { Continue } from '../smaller.ts';
import type { FoundModel } from './checkpoint.ts';
import type { Prediction, Sampling } from './checkpoint-told.ts';
import { putPacked } from './quantise-table.ts';
import { laidTensors, partSource, planTensors, type FewBits, type PartSource } from './store-plan.ts';
import { widenedValues } from './widened.ts';

/** fp16; matrices and convolutions in 8 bits; matrices in 4 and convolutions in 8 bits. */
export type PartStorage = 'half' | 'q8' | 'q4';

/** `vae` is both halves in one file. */
export type StoredPart = 'unet' | 'text-encoder' | 'vae' | 'controlnet';

const files: Readonly<Record<StoredPart, string>> = {
  unet: 'unet/diffusion_pytorch_model.safetensors',
  'text-encoder': 'text_encoder/model.safetensors',
  vae: 'vae/diffusion_pytorch_model.safetensors',
  controlnet: 'controlnet/diffusion_pytorch_model.safetensors',
};

/** Values of one piece: bounds the memory above the Blobs. */
const pieceValues = 1 << 20;

/** Whether the model has this part, of those that can be stored so. */
export function hasPart(model: FoundModel, part: StoredPart): boolean {
  return partSource(model, part) !== null;
}

/**
 * Bytes of the file that `storePart` makes, from headers alone. Tensors that half precision cannot hold, which only their values tell,
 * take more. 0 for a part that is not there.
 */
export function storedBytes(model: FoundModel, part: StoredPart, storage: PartStorage): number {
  const source = partSource(model, part);
  if (!source) return 0;
  const laid = planTensors(source, storage).flatMap(laidTensors);
  const tensors = laid.map((tensor): [string, TensorEntry] => {
    return [
      tensor.name,
      { ...tensor, offset: 0, bytes: valueCount(tensor.shape) * dtypeBytes[tensor.dtype] },
    ];
  });
  const head = writeSafetensors({ blob: new Blob(), tensors: new Map(tensors) }, notesOf(model, part)).size;
  return tensors.reduce((sum, [, { bytes }]) => sum + bytes, head);
}

/**
 * The part's file, under canonical names; null when `go`, which is called with bytes of what is read, ended it. A tensor of few bits stays as
 * it is, unless fewer are wanted; one with values beyond half precision stays in fp32. The part must be there (`hasPart`). Rejects when
 * a Blob cannot be read or the store cannot be written.
 */
export async function storePart(
  model: FoundModel,
  part: StoredPart,
  storage: PartStorage,
  store: ByteStore,
  go: Continue = () => true,
): Promise<NamedBlob | null> {
  const source = partSource(model, part);
  invariant(source, `The model has no ${part}`);
  const made = await storeTable(source, storage, store, go);
  return made && { name: files[part], blob: writeSafetensors(made, notesOf(model, part)) };
}

/** The same as a table. */
export async function storeTable(
  source: PartSource,
  storage: PartStorage,
  store: ByteStore,
  go: Continue = () => true,
): Promise<TensorTable | null> {
  const plans = planTensors(source, storage);
  const appended = new AppendedTable(source.table, store);
  const total = plans.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  for (const plan of plans) {
    if (!go(done, total)) return null;
    done += plan.bytes;
    if (plan.kind === 'few') await putFew(appended, source.table, plan);
    else if (plan.kind === 'half') await putHalf(appended, source.table, plan.entry);
  }
  go(total, total);
  const made = await appended.finish();
  // In the order of the plan, on which the header's length depends.
  const names = plans.flatMap((plan) => [...laidTensors(plan).map(({ name }) => name), plan.name]);
  const entries = [...new Set(names)].flatMap((name) => made.tensors.get(name) ?? []);
  return { blob: made.blob, tensors: new Map(entries.map((entry) => [entry.name, entry])) };
}

async function putFew(
  appended: AppendedTable,
  table: TensorTable,
  { name, spec, bits }: FewBits,
): Promise<void> {
  const values = await widenedValues(table, name);
  invariant(values, `Nothing tells the values of ${name}`);
  if (!(await putPacked(appended, spec, values, bits)))
    await appended.put({ ...spec, dtype: 'f32' }, whole(values));
}

async function putHalf(appended: AppendedTable, table: TensorTable, entry: TensorEntry): Promise<void> {
  if (await appended.put({ ...entry, dtype: 'f16' }, pieces(table, entry, 'f16'))) return;
  if (entry.dtype !== 'f32') await appended.put({ ...entry, dtype: 'f32' }, pieces(table, entry, 'f32'));
}

async function* whole({ buffer }: Float32Array<ArrayBuffer>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield new Uint8Array(buffer);
}

/** Ends early at a value that the dtype cannot hold. */
async function* pieces(
  { blob }: TensorTable,
  { dtype, offset, bytes }: TensorEntry,
  to: 'f16' | 'f32',
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const step = pieceValues * dtypeBytes[dtype];
  for (let at = offset; at < offset + bytes; at += step) {
    const range = blob.slice(at, Math.min(offset + bytes, at + step));
    const values = singlesOf(await range.arrayBuffer(), dtype);
    if (!values) return;
    const halves = to === 'f16' ? toHalfArray(values) : null;
    if (halves?.some((half) => (half & 0x7c00) === 0x7c00)) return;
    yield new Uint8Array(halves?.buffer ?? values.buffer);
  }
}

/** A folder's configs have no place for how many of a text encoder's last layers are left out. */
function notesOf({ base, clipSkip }: FoundModel, part: StoredPart): Readonly<Record<string, string>> {
  if (part !== 'text-encoder' || clipSkip === null) return { format: 'pt' };
  // Counted from the end of the whole network, of which Stable Diffusion 2 leaves out one layer.
  return { format: 'pt', 'modelspec.encoder_layer': `${clipSkip + (base === 'sd2' ? 1 : 0)}` };
}

/** What is known of a model, by its files or by whoever asked. */
export interface ToldSampling {
  readonly prediction: Prediction | null;
  readonly sampling: Sampling | null;
}

/** Stable Diffusion's schedule of noise, for other programs: here it is known. */
const schedule = {
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  num_train_timesteps: 1000,
};

/** Only of the parts that the model has, and only what is known of it. */
export function configFiles(
  { parts, latentScale }: FoundModel,
  { prediction, sampling }: ToldSampling,
): readonly NamedBlob[] {
  const { unet, controlnet, 'text-encoder': text } = parts;
  const drawer = unet ?? controlnet;
  const pipeline = sampling === 'lcm' ? 'LatentConsistencyModelPipeline' : 'StableDiffusionPipeline';
  return [
    config('model_index.json', { _class_name: pipeline }),
    ...(unet ? [config('scheduler/scheduler_config.json', schedulerOf(prediction, sampling))] : []),
    // Diffusers' UNets say "attention_head_dim" and mean the number of heads.
    ...(drawer ? [config('unet/config.json', { attention_head_dim: drawer.structure.heads })] : []),
    ...(latentScale === null ? [] : [config('vae/config.json', { scaling_factor: latentScale })]),
    ...(text
      ? [config('text_encoder/config.json', { hidden_act: text.structure.quick ? 'quick_gelu' : 'gelu' })]
      : []),
  ];
}

function schedulerOf(
  prediction: Prediction | null,
  sampling: Sampling | null,
): Readonly<Record<string, unknown>> {
  const names = { lcm: 'LCMScheduler', turbo: 'EulerDiscreteScheduler', usual: 'DDIMScheduler' };
  return {
    _class_name: names[sampling ?? 'usual'],
    ...schedule,
    ...(sampling === 'turbo' ? { timestep_spacing: 'trailing' } : {}),
    ...(prediction === null ? {} : { prediction_type: prediction === 'v' ? 'v_prediction' : 'epsilon' }),
  };
}

function config(name: string, value: Readonly<Record<string, unknown>>): NamedBlob {
  return { name, blob: new Blob([`${JSON.stringify(value, null, 2)}\n`], { type: 'application/json' }) };
}
