/** A refine step made ready: its texts read, its model found, its canvases planned. No network is opened yet. */

import type { Failure } from '../../../src/base/errors.ts';
import { ok, type Result } from '../../../src/base/result.ts';
import { planRefine, type PlannedRefine } from '../../../src/diffusion/refine/order.ts';
import { readPrompt } from '../../../src/diffusion/text/prompt.ts';
import { createTokenizer, endToken } from '../../../src/diffusion/text/tokenizer.ts';
import type { Size } from '../../../src/picture/geometry.ts';
import type { BackendName, Precision } from '../../../src/protocol/backend.ts';
import type { DiffusionSource } from '../../../src/protocol/engine.ts';
import type { FullRefineStep } from '../../../src/recipes/refine.ts';
import type { Backend } from '../backend.ts';
import { loadDiffusion } from './load.ts';
import { PartNetworks } from './networks.ts';
import { partOpener, type OpenPart } from './part-session.ts';

export interface OpenedRefine {
  readonly planned: PlannedRefine;
  /** The largest side of the VAE's tiles, which whoever goes on with this work must keep to. */
  readonly vaeTile: number;
  readonly networks: PartNetworks;
}

/** Of pictures that the VAE takes at once, in places of the latent map: no tensor of these is larger than 128 MiB. */
const vaeTiles = { fp16: 64, fp32: 44 } as const;

/** On the CPU nothing is bound, and smaller tiles compute more twice. */
export function vaeTileOn(backend: BackendName, precision: Precision): number {
  return backend === 'wasm' ? vaeTiles.fp16 : vaeTiles[precision];
}

/** `resumedTile` is the `vaeTile` of work that is gone on with, maybe on another backend. Failures: those of loading and planning. */
export async function openRefine(
  step: FullRefineStep,
  source: DiffusionSource,
  picture: Size,
  backend: Backend,
  notice: (notice: Failure) => void,
  resumedTile?: number,
): Promise<Result<OpenedRefine>> {
  const { backend: name, precision: device } = backend.report;
  const precision = name === 'webgpu' ? device : 'fp32';
  const open = partOpener(backend, { backend: name, device: backend.gpu?.device ?? null });
  // Asked for only where it is wide enough for the runtime's fused attention (gpu-device.ts).
  const flash = name === 'webgpu' && backend.gpu?.device.features.has('subgroups') === true;
  const vaeTile = resumedTile ?? vaeTileOn(name, precision);
  return prepareRefine(step, source, picture, { precision, flash, vaeTile }, open, notice);
}

interface HowToOpen {
  readonly precision: Precision;
  readonly flash: boolean;
  readonly vaeTile?: number;
}

/** The same on whatever opens parts. */
export async function prepareRefine(
  step: FullRefineStep,
  { files, merges, ...known }: DiffusionSource,
  picture: Size,
  { precision, flash, vaeTile = vaeTiles[precision] }: HowToOpen,
  open: OpenPart,
  notice: (notice: Failure) => void,
): Promise<Result<OpenedRefine>> {
  const tokenizer = createTokenizer(await merges.text());
  if (!tokenizer.ok) return tokenizer;
  const prompt = readPrompt(step.prompt, tokenizer.value, { steps: step.steps, padding: endToken });
  if (!prompt.ok) return prompt;
  const options = { precision, flash, tags: prompt.value.loras, known };
  const loaded = await loadDiffusion(files, step, options);
  if (!loaded.ok) return loaded;
  const { model, embeddings } = loaded.value;
  const planned = planRefine(picture, step, {
    traits: model.traits,
    tokenizer: tokenizer.value,
    vocabulary: model.vocabulary,
    embeddings,
    controlled: model.controlnet !== null,
    vaeTile,
    multiple: model.multiple,
  });
  if (!planned.ok) return planned;
  return ok({
    planned: planned.value,
    vaeTile,
    networks: new PartNetworks(model, open, { precision, keepAll: planned.value.order.inTurn, notice }),
  });
}
