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
import type { Go } from '../jobs/control.ts';
import { loadDiffusion } from './load.ts';
import { planFault, withOneTile } from './onnx-plan.ts';
import { PartNetworks } from './networks.ts';
import { partOpener, type OpenPart } from './part-session.ts';
import { roomOn, type Room } from './room.ts';
import type { StepNetworks } from './step-networks.ts';

export interface OpenedRefine {
  readonly planned: PlannedRefine;
  /** The largest side of the VAE's tiles, which whoever goes on with this work must keep to. */
  readonly vaeTile: number;
  readonly networks: StepNetworks;
}

/** Of pictures that the VAE takes at once, in places of the latent map: no tensor of these is larger than 128 MiB. */
const vaeTiles = { fp16: 64, fp32: 44 } as const;

/** On the CPU nothing is bound, and smaller tiles compute more twice. */
export function vaeTileOn(backend: BackendName, precision: Precision): number {
  return backend === 'wasm' ? vaeTiles.fp16 : vaeTiles[precision];
}

/** What opening tells, and is told. */
export interface Opening {
  readonly notice: (notice: Failure) => void;
  readonly go: Go;
  /** The `vaeTile` of work that is gone on with, maybe on another backend. */
  readonly resumedTile?: number | undefined;
}

/** Failures: those of loading and planning; `cancelled`. */
export async function openRefine(
  step: FullRefineStep,
  source: DiffusionSource,
  picture: Size,
  backend: Backend,
  { notice, go, resumedTile }: Opening,
): Promise<Result<OpenedRefine>> {
  const { backend: name, precision: device } = backend.report;
  const precision = name === 'webgpu' ? device : 'fp32';
  const open = partOpener(backend, { backend: name, device: backend.gpu?.device ?? null });
  // Asked for only where it is wide enough for the runtime's fused attention (gpu-device.ts).
  const flash = name === 'webgpu' && backend.gpu?.device.features.has('subgroups') === true;
  const vaeTile = resumedTile ?? vaeTileOn(name, precision);
  // The CPU widens what is written in halves.
  const halves = name === 'wasm' || device === 'fp16';
  const fullTile = name === 'wasm' ? null : vaeTileOn(name, 'fp32');
  const how = { precision, flash, halves, vaeTile, fullTile, room: roomOn(backend), go };
  return prepareRefine(step, source, picture, how, open, notice);
}

interface HowToOpen {
  readonly precision: Precision;
  readonly flash: boolean;
  /** Whether the device computes in half precision what is written so; it does when absent. */
  readonly halves?: boolean;
  readonly vaeTile?: number;
  /** As of `NetworkOptions`; any when absent. */
  readonly fullTile?: number | null;
  /** For several predictions in one call; each has its own when absent. */
  readonly room?: Room | null;
  readonly go?: Go;
}

/** The same on whatever opens parts. */
export async function prepareRefine(
  step: FullRefineStep,
  { files, merges, ...known }: DiffusionSource,
  picture: Size,
  {
    precision,
    flash,
    halves = true,
    vaeTile: usualTile = vaeTiles[precision],
    fullTile = null,
    room = null,
    go = () => true,
  }: HowToOpen,
  open: OpenPart,
  notice: (notice: Failure) => void,
): Promise<Result<OpenedRefine>> {
  const tokenizer = createTokenizer(await merges.text());
  if (!tokenizer.ok) return tokenizer;
  const prompt = readPrompt(step.prompt, tokenizer.value, { steps: step.steps, padding: endToken });
  if (!prompt.ok) return prompt;
  const options = { precision, flash, halves, tags: prompt.value.loras, known, notice, go };
  const loaded = await loadDiffusion(files, step, options);
  if (!loaded.ok) return loaded;
  const { model, embeddings } = loaded.value;
  const { fixed = null } = model;
  const fitted = fixed ? withOneTile(step, fixed) : ok(step);
  if (!fitted.ok) return fitted;
  const vaeTile = fixed?.vae ?? usualTile;
  const planned = planRefine(picture, fitted.value, {
    traits: model.traits,
    tokenizer: tokenizer.value,
    vocabulary: model.vocabulary,
    embeddings,
    controlled: model.controlnet !== null,
    vaeTile,
    multiple: fixed?.unet ?? model.multiple,
  });
  if (!planned.ok) return planned;
  const fault = fixed && planFault(planned.value, fixed);
  if (fault) return { ok: false, error: fault };
  return ok({
    planned: planned.value,
    vaeTile,
    networks: new PartNetworks(model, open, {
      precision,
      // A graph of one shape takes no other.
      fullTile: fixed?.vae ? null : fullTile,
      keepAll: planned.value.order.inTurn,
      room,
      notice,
      go,
    }),
  });
}
