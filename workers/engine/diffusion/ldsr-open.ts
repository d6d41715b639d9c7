/** From the files that come with a job to latent super-resolution that can run. */

import { findParts } from '../../../src/architectures/diffusion/checkpoint.ts';
import { readDiffusionFiles } from '../../../src/architectures/diffusion/checkpoint-files.ts';
import { ldsrDecoder } from '../../../src/architectures/diffusion/ldsr-decoder.ts';
import { ldsrMultiple, ldsrUnet } from '../../../src/architectures/diffusion/ldsr-unet.ts';
import type { TensorSpec } from '../../../src/architectures/architecture.ts';
import type { Precision } from '../../../src/architectures/graph-builder.ts';
import type { Failure } from '../../../src/base/errors.ts';
import { fail, ok, type Result } from '../../../src/base/result.ts';
import { ldsrScale } from '../../../src/diffusion/ldsr/choices.ts';
import { planLdsr } from '../../../src/diffusion/ldsr/plan.ts';
import { latentScale } from '../../../src/diffusion/tiles/joint.ts';
import type { TensorTable } from '../../../src/formats/tensor-table.ts';
import type { NamedBlob } from '../../../src/formats/weights-file.ts';
import type { Size } from '../../../src/picture/geometry.ts';
import { chosenFiles } from '../../../src/recipes/chosen-files.ts';
import type { FullLdsrStep } from '../../../src/recipes/ldsr.ts';
import type { Backend } from '../backend.ts';
import { cancelled, type Go } from '../jobs/control.ts';
import { computableTable, fullTable } from './computable.ts';
import { LdsrNetworks, type LoadedLdsr } from './ldsr-networks.ts';
import { loadedPart } from './loaded-model.ts';
import { vaeTileOn, type OpenedRefine, type Opening } from './open.ts';
import { partOpener, type OpenPart } from './part-session.ts';

/** Failures: those of reading files and finding parts; `model-unavailable` for a part that is missing; `cancelled`. */
export async function openLdsr(
  step: FullLdsrStep,
  files: readonly NamedBlob[],
  picture: Size,
  backend: Backend,
  { notice, go, resumedTile }: Opening,
): Promise<Result<OpenedRefine>> {
  const { backend: name, precision: device } = backend.report;
  const precision = name === 'webgpu' ? device : 'fp32';
  const open = partOpener(backend, { backend: name, device: backend.gpu?.device ?? null });
  // The largest map of either decoder is that of its result, with as many channels.
  const ofLdsr = (tile: number): number => (tile * latentScale) / ldsrScale;
  const vaeTile = resumedTile ?? ofLdsr(vaeTileOn(name, precision));
  const fullTile = name === 'wasm' ? null : ofLdsr(vaeTileOn(name, 'fp32'));
  // The CPU widens what is written in halves.
  const halves = name === 'wasm' || device === 'fp16';
  return prepareLdsr(step, files, picture, { precision, halves, vaeTile, fullTile, go }, open, notice);
}

interface HowToOpen {
  readonly precision: Precision;
  /** Whether the device computes in half precision what is written so; it does when absent. */
  readonly halves?: boolean;
  /** See `ComputableOptions`. */
  readonly widened?: number | undefined;
  readonly vaeTile: number;
  /** As of `NetworkOptions`; any when absent. */
  readonly fullTile?: number | null;
  readonly go?: Go;
}

/** The same on whatever opens parts. */
export async function prepareLdsr(
  step: FullLdsrStep,
  files: readonly NamedBlob[],
  picture: Size,
  { precision, halves = true, widened, vaeTile, fullTile = null, go = () => true }: HowToOpen,
  open: OpenPart,
  notice: (notice: Failure) => void,
): Promise<Result<OpenedRefine>> {
  const loaded = await loadLdsr(files, step, { precision, halves, widened, go });
  if (!loaded.ok) return loaded;
  if (!go()) return cancelled();
  const { multiple } = loaded.value;
  return ok({
    planned: planLdsr(picture, step, { vaeTile, multiple }),
    vaeTile,
    networks: new LdsrNetworks(loaded.value, open, { precision, fullTile, notice, go }),
  });
}

async function loadLdsr(
  files: readonly NamedBlob[],
  { weights = {} }: FullLdsrStep,
  {
    precision,
    halves,
    widened,
    go,
  }: Pick<HowToOpen, 'precision' | 'halves' | 'widened'> & { readonly go: Go },
): Promise<Result<LoadedLdsr>> {
  const chosen = chosenFiles(files, { weights }, []);
  if (!chosen.ok) return chosen;
  const read = await readDiffusionFiles(chosen.value.files);
  if (!read.ok) return read;
  const found = findParts(read.value.weights, read.value.configs, read.value.ready);
  if (!found.ok) return found;
  const { 'ldsr-unet': unet, 'ldsr-decoder': decoder } = found.value.parts;
  if (!unet) return missing('network', '"unet/diffusion_pytorch_model.safetensors"');
  if (!decoder) return missing('decoder', '"vqvae/diffusion_pytorch_model.safetensors"');
  const computable = (table: TensorTable, specs: readonly TensorSpec[]): Promise<TensorTable> =>
    halves ? computableTable(table, precision, true, go) : fullTable({ table, specs }, widened, go);
  const network = await computable(unet.table, ldsrUnet.tensors(unet.structure));
  const decoding = await computable(decoder.table, ldsrDecoder.tensors(decoder.structure));
  return ok({
    unet: loadedPart(ldsrUnet, network, unet.structure),
    decoder: loadedPart(ldsrDecoder, decoding, decoder.structure),
    multiple: ldsrMultiple(unet.structure),
  });
}

function missing(part: 'network' | 'decoder', file: string): Result<never> {
  return fail(
    'model-unavailable',
    `The files hold no ${part} of latent super-resolution: add the model's single file (last.ckpt), or ${file} of ` +
      'CompVis/ldm-super-resolution-4x-openimages.',
    { reason: 'missing-part', parts: `ldsr-${part}`, base: '' },
  );
}
