/** From what a person chose to everything that refining does: canvases, steps and texts. */

import { at } from '../../base/assert.ts';
import { ok, type Result } from '../../base/result.ts';
import type { Size } from '../../picture/geometry.ts';
import { needsNegative } from '../guidance.ts';
import { noiseField } from '../noise/noise-field.ts';
import { evaluationsAStep } from '../samplers/names.ts';
import { askedStill, begin } from '../samplers/run.ts';
import { scaledLinearSchedule } from '../schedule/noise-schedule.ts';
import { planSteps } from '../schedule/plan.ts';
import type { Embedding } from '../text/chunks.ts';
import { editionAt } from '../text/editing.ts';
import { equalised, readPrompt, type ReadPrompt } from '../text/prompt.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { planSdUpscale, sdUpscaleDefaults, seedStep, type SdUpscalePlan } from '../tiles/sd-upscale.ts';
import { jointDefaults, latentScale } from '../tiles/joint.ts';
import { latentMask } from '../tiles/ultimate-paste.ts';
import { planUltimate, type UltimatePlan } from '../tiles/ultimate.ts';
import { canvasAt, pictureCanvas, type Canvas, type CanvasOptions, type CanvasSteps } from './canvas.ts';
import type { RefineChoices } from './choices.ts';
import { controlFactors } from './control.ts';
import type { ModelTraits } from './networks.ts';
import type { RefineOrder } from './refine.ts';
import { chunkOf, scriptOf, type Script } from './script.ts';
import { ultimateCanvases, ultimateOptions } from './ultimate.ts';
import { latentChannels } from './vae-tiles.ts';

/** What is known of the model and the device. */
export interface RefineMeans {
  readonly traits: Omit<ModelTraits, 'prediction'>;
  readonly tokenizer: Tokenizer;
  readonly vocabulary: number;
  /** Those that the model's files hold, in the order of their vectors. */
  readonly embeddings: readonly Embedding[];
  readonly controlled: boolean;
  /** The largest side of the VAE's tiles, and what the UNet's sides must be a multiple of, in places of the latent map. */
  readonly vaeTile: number;
  readonly multiple: number;
}

export interface PlannedRefine {
  readonly order: Omit<RefineOrder, 'source'>;
  /** Of SD Upscale: where its tiles lie; the canvases are these, in order. */
  readonly sdUpscale: SdUpscalePlan | null;
  /** Of Ultimate SD Upscale: its jobs; the canvases are these, in order. */
  readonly ultimate: UltimatePlan | null;
}

/** A picture's worth of tiles that nobody described. */
const standardPrompt = 'highly detailed';

/** Failures: `recipe-invalid`, `prompt-too-long`, `prompt-unsupported`. */
export function planRefine(picture: Size, choices: RefineChoices, means: RefineMeans): Result<PlannedRefine> {
  const planned = canvasesOf(picture, choices, means);
  if (!planned.ok) return planned;
  const { canvases, sdUpscale, ultimate } = planned.value;
  // Seams may take more of them than tiles do. Where there are neither, the prompt is read all the same: a run has an operation.
  const evaluations = Math.max(1, ...canvases.map(({ steps }) => steps.evaluations));
  const script = scriptFor(choices, evaluations, means);
  if (!script.ok) return script;
  const { control, guidance, noise } = choices;
  const firsts = firstVectors(means.embeddings);
  return ok({
    sdUpscale,
    ultimate,
    order: {
      canvases,
      inTurn: ultimate !== null,
      script: script.value,
      chunk: (index) => {
        const row = script.value.rows[index];
        if (!row) throw new RangeError(`Row ${index} of ${script.value.rows.length}`);
        return chunkOf(row, means.vocabulary, (name) => firsts.get(name) ?? 0);
      },
      denoising: {
        guidance,
        control: (step, count, branch) =>
          means.controlled ? controlFactors(control ?? {}, step, count, branch) : null,
      },
      ...(ultimate ? { redrawn: (canvas) => latentMask(at(ultimate.jobs, canvas), picture) } : {}),
      field: ({ size, seed: own }) => noiseField(noise, own, { channels: latentChannels, ...size }),
    },
  });
}

function stepsOf(choices: RefineChoices, strength: number): Result<CanvasSteps> {
  const { sampler, spacing, steps, strengthRule, exactSteps } = choices;
  const plan = planSteps(scaledLinearSchedule(), {
    sampler,
    steps,
    strength,
    rule: strengthRule,
    ...(spacing === undefined ? {} : { spacing }),
    ...(exactSteps === undefined ? {} : { exactly: exactSteps }),
  });
  if (!plan.ok) return plan;
  const nothing = new Float32Array(0);
  return ok({ plan: plan.value, evaluations: askedStill(begin(plan.value, nothing, nothing)) });
}

/**
 * A model that takes the guidance as an input is asked once. Editing counts in evaluations, as AUTOMATIC1111's does: a sampler with
 * two of them a step has twice as many of the steps that prompts speak of.
 */
function scriptFor(choices: RefineChoices, evaluations: number, means: RefineMeans): Result<Script> {
  const { traits, tokenizer, embeddings } = means;
  const steps = choices.steps * evaluationsAStep(choices.sampler);
  const options = { steps, padding: traits.padding, embeddings };
  const text =
    choices.prompt === '' && choices.tiles?.mode === 'sd-upscale' ? standardPrompt : choices.prompt;
  const positive = readPrompt(text, tokenizer, options);
  if (!positive.ok) return positive;
  const guided = needsNegative(choices.guidance) && !traits.guidanceInput;
  const negative = guided ? readPrompt(choices.negative, tokenizer, { ...options, negative: true }) : null;
  if (negative && !negative.ok) return negative;
  const read = equalised([positive.value, ...(negative ? [negative.value] : [])], traits.padding);
  const rowsAt = (prompt: ReadPrompt | undefined, evaluation: number): ReadPrompt['texts'][number] => {
    const phase = prompt && editionAt(prompt.phases, evaluation);
    return (phase && prompt.texts[phase.text]) ?? [];
  };
  const [prompted, against] = read;
  return ok(
    scriptOf(
      Array.from({ length: evaluations }, (_, evaluation) => ({
        positive: rowsAt(prompted, evaluation),
        negative: rowsAt(against, evaluation),
      })),
    ),
  );
}

function canvasesOf(
  picture: Size,
  choices: RefineChoices,
  { vaeTile, multiple }: RefineMeans,
): Result<Pick<PlannedRefine, 'sdUpscale' | 'ultimate'> & { readonly canvases: Canvas[] }> {
  const { tiles = { mode: 'joint' }, seed, strength } = choices;
  if (tiles.mode === 'ultimate') {
    const plan = planUltimate(picture, strength, ultimateOptions(tiles, multiple));
    // Only for what is redrawn: another strength may leave no steps.
    const steps = new Map<number, CanvasSteps>();
    for (const denoise of new Set(plan.jobs.map((job) => job.denoise))) {
      const own = stepsOf(choices, denoise);
      if (!own.ok) return own;
      steps.set(denoise, own.value);
    }
    const canvases = ultimateCanvases(plan, seed, steps, { vaeTile, multiple });
    return ok({ canvases, sdUpscale: null, ultimate: plan });
  }
  const steps = stepsOf(choices, strength);
  if (!steps.ok) return steps;
  const usual = tiles.mode === 'joint' ? jointDefaults : sdUpscaleDefaults;
  const side = tiles.tile ?? usual.tile.width;
  // More than half a tile would be drawn again and again.
  const overlap = Math.min(tiles.overlap ?? usual.overlap, side / 2);
  const options: CanvasOptions = {
    tile: side / latentScale,
    overlap: overlap / latentScale,
    vaeTile,
    multiple,
  };
  if (tiles.mode === 'joint') {
    const canvases = [pictureCanvas(picture, seed, steps.value, options)];
    return ok({ canvases, sdUpscale: null, ultimate: null });
  }
  const plan = planSdUpscale(picture, { tile: { width: side, height: side }, overlap });
  const canvases = plan.grid.tiles.map(({ index, rect }) =>
    canvasAt(rect, (seed + seedStep(index, 1)) % 2 ** 32, steps.value, options),
  );
  return ok({ canvases, sdUpscale: plan, ultimate: null });
}

/** Where the vectors of each embedding begin among all. */
function firstVectors(embeddings: readonly Embedding[]): ReadonlyMap<string, number> {
  const firsts = new Map<string, number>();
  let first = 0;
  for (const { name, vectors } of embeddings) {
    firsts.set(name, first);
    first += vectors;
  }
  return firsts;
}
