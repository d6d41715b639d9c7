/**
 * The networks of a model that redraws. Only those that work together are held: texts, encoding, denoising and decoding follow one
 * another, and together their weights would not fit most devices.
 */

import { invertedTokens } from '../../../src/architectures/diffusion/clip-inputs.ts';
import { predictionOf } from '../../../src/architectures/diffusion/checkpoint-probe.ts';
import type { PartForm } from '../../../src/architectures/diffusion/part.ts';
import type { Precision } from '../../../src/architectures/graph-builder.ts';
import type { Failure } from '../../../src/base/errors.ts';
import { at } from '../../../src/base/assert.ts';
import { failure, ok, type Result } from '../../../src/base/result.ts';
import { redrawing } from '../../../src/diffusion/refine/canvas.ts';
import type { Chunk, Floats, ModelTraits, Prediction } from '../../../src/diffusion/refine/networks.ts';
import { philoxNormals } from '../../../src/diffusion/noise/philox.ts';
import { guidanceEmbedding } from '../../../src/diffusion/guidance.ts';
import { apart, joined } from '../../../src/diffusion/refine/planes.ts';
import { latentScale } from '../../../src/diffusion/tiles/joint.ts';
import type { Size } from '../../../src/picture/geometry.ts';
import type { Go } from '../jobs/control.ts';
import { HeldParts, type Given } from './held-parts.ts';
import type { LoadedModel, LoadedPart } from './loaded-model.ts';
import type { OpenPart, Values } from './part-session.ts';
import { PreviewBudget } from './preview-budget.ts';
import { fits, type Room } from './room.ts';
import type { StepNetworks } from './step-networks.ts';
import { vaeCall } from './vae-call.ts';

type Role = 'text' | 'encoder' | 'unet' | 'decoder' | 'controlnet' | 'preview';

/** What denoises, and shows how far that is. */
const denoising = ['unet', 'controlnet', 'preview'] as const;

/** Those that are held at the same time. */
const together: Readonly<Record<Role, readonly Role[]>> = {
  text: ['text'],
  encoder: ['encoder'],
  unet: denoising,
  controlnet: denoising,
  preview: denoising,
  decoder: ['decoder'],
};

const names: Readonly<Record<Role, string>> = {
  text: 'text encoder',
  encoder: "VAE's encoder",
  unet: 'UNet',
  decoder: "VAE's decoder",
  controlnet: 'ControlNet',
  preview: 'decoder of previews',
};

const lastTimestep = 999;

export interface NetworkOptions {
  readonly precision: Precision;
  /** Whether all parts stay open once they are: for work that goes back and forth between them. */
  readonly keepAll: boolean;
  /** The longest side of what the VAE takes at once in full precision, in places of the latent map; null for any. */
  readonly fullTile: number | null;
  /** For several predictions in one call; null: each has its own. */
  readonly room: Room | null;
  readonly notice: (notice: Failure) => void;
  /** As of `Holding`. */
  readonly go?: Go | undefined;
  /** Tells milliseconds. */
  readonly now?: () => number;
}

export class PartNetworks implements StepNetworks {
  readonly #model: LoadedModel;
  readonly #options: NetworkOptions;
  readonly #parts: HeldParts<Role>;
  #prediction: ModelTraits['prediction'] | null;
  /** Whether predictions are made one by one, and for how many of which form that was found out. */
  #inTurn: boolean;
  readonly #previews: PreviewBudget;
  #previewFails = false;
  #fitting: { readonly key: string; readonly fits: boolean } | null = null;

  constructor(model: LoadedModel, open: OpenPart, options: NetworkOptions) {
    this.#prediction = model.traits.prediction;
    this.#model = model;
    this.#options = options;
    this.#inTurn = options.room === null;
    this.#previews = new PreviewBudget(options.now);
    this.#parts = new HeldParts(open, {
      part: (role) => this.#part(role),
      names,
      wayOut:
        'choose smaller tiles, make a smaller copy of the model on the Models screen, or take a smaller model',
      stays: (role, working) => options.keepAll || together[working].includes(role),
      precision: options.precision,
      notice: options.notice,
      go: options.go,
    });
  }

  /** What the UNet predicts is known after its first call at the latest. */
  get traits(): ModelTraits {
    return { ...this.#model.traits, prediction: this.#prediction ?? 'epsilon' };
  }

  /** What it predicts where no file told and it was tried; null otherwise. */
  get learned(): ModelTraits['prediction'] | null {
    return this.#model.traits.prediction === null ? this.#prediction : null;
  }

  /** Whether predictions are made one by one; `takeTurns` makes it so. */
  get inTurn(): boolean {
    return this.#inTurn;
  }

  takeTurns(): void {
    this.#inTurn = true;
  }

  text({ tokens }: Chunk): Promise<Result<Floats>> {
    const { vocabulary, vectors: rows, traits } = this.#model;
    const inputs: Record<string, Values> = { input_ids: Int32Array.from(tokens) };
    if (rows) {
      const width = traits.contextWidth;
      const { ids, kept, vectors } = invertedTokens(tokens, rows, { vocabulary, width });
      Object.assign(inputs, { input_ids: ids, kept, vectors });
    }
    const form = { batch: 1, width: 1, height: 1, tokens: tokens.length };
    return this.#parts.run('text', form, inputs, 'hidden');
  }

  encode(pixels: Floats, size: Size): Promise<Result<Floats>> {
    const call = {
      role: 'encoder',
      size,
      largest: this.#options.fullTile,
      input: 'sample',
      output: 'mean',
    } as const;
    return vaeCall(this.#parts, { ...call, from: latentScale, to: 1, channels: redrawing.channels }, pixels);
  }

  decode(latent: Floats, size: Size): Promise<Result<Floats>> {
    const call = {
      role: 'decoder',
      size,
      largest: this.#options.fullTile,
      input: 'latent',
      output: 'sample',
    } as const;
    return vaeCall(this.#parts, { ...call, from: 1, to: latentScale, channels: 3 }, latent);
  }

  /** A preview that cannot be made is no reason to stop: the next call tells what is wrong. */
  async preview(latent: Floats, { width, height }: Size): Promise<Floats | null> {
    if (!this.#model.preview || this.#previewFails || !this.#previews.allows) return null;
    const form = { batch: 1, width, height, tokens: 1 };
    const done = await this.#previews.previewing(() =>
      this.#parts.run('preview', form, { latent }, 'sample'),
    );
    this.#previewFails = !done.ok;
    return done.ok ? done.value : null;
  }

  predict(calls: readonly Prediction[]): Promise<Result<readonly Floats[]>> {
    return this.#previews.predicting(() => this.#predict(calls));
  }

  async #predict(calls: readonly Prediction[]): Promise<Result<readonly Floats[]>> {
    if (calls.length > 1 && this.#fit(this.#form(calls))) {
      const done = await this.#ask(calls);
      if (done.ok || done.error.code !== 'out-of-memory') return done;
      this.#inTurn = true;
      this.#options.notice(
        failure(
          'out-of-memory',
          'There is too little memory for the prompt and the negative prompt in one call, so they are computed one after the other from now on.',
          { what: 'batch' },
        ),
      );
      // An aborted runtime runs nothing any more: a new engine goes on.
      if (done.error.detail?.['fatal'] === true) return done;
    }
    return this.#ask(calls.slice(0, 1));
  }

  release(): Promise<void> {
    return this.#parts.release();
  }

  /** All of the calls in one of the UNet, and those with a ControlNet in one of that. */
  async #ask(calls: readonly Prediction[]): Promise<Result<Floats[]>> {
    const form = this.#form(calls);
    const inputs: Record<string, Values> = { ...sharedInputs(calls) };
    const controlled = await this.#residuals(calls);
    if (!controlled.ok) return controlled;
    Object.assign(inputs, controlled.value);
    if (this.traits.guidanceInput) {
      inputs['timestep_cond'] = joined(calls.map(({ guidance }) => guidanceEmbedding(guidance)));
    }
    const told = await this.#findPrediction(form, inputs);
    if (!told.ok) return told;
    const noise = await this.#parts.run('unet', form, inputs, 'noise');
    return noise.ok ? ok(apart(noise.value, calls.length)) : noise;
  }

  /** What the ControlNet adds, each call's times its factors; nothing for calls without. */
  async #residuals(calls: readonly Prediction[]): Promise<Result<Given>> {
    const asking = calls.flatMap((call) => (call.control ? [{ ...call, control: call.control }] : []));
    if (asking.length === 0) return ok({});
    const hint = joined(asking.map(({ control }) => control.hint));
    const answer = await this.#parts.all('controlnet', this.#form(asking), { ...sharedInputs(asking), hint });
    if (!answer.ok) return answer;
    const entries = Object.entries(answer.value);
    const given = entries.map(([name, values], index): [string, Floats] => {
      const each = apart(values, asking.length);
      const length = values.length / asking.length;
      return [
        name,
        joined(
          calls.map(({ control }) => {
            if (!control) return new Float32Array(length);
            // The last is the middle's, however many there are on the way down.
            const factor = at(control.factors, control.factors.length - entries.length + index);
            return (each.shift() ?? new Float32Array(length)).map((value) => value * factor);
          }),
        ),
      ];
    });
    return ok(Object.fromEntries(given));
  }

  #form(calls: readonly Prediction[]): PartForm {
    const { size, context } = at(calls, 0);
    const { width, height } = size;
    return { batch: calls.length, width, height, tokens: context.length / this.traits.contextWidth };
  }

  /** Whether calls of that form are likely to fit, by what the graphs take: asked anew for another form only. */
  #fit(form: PartForm): boolean {
    const { room } = this.#options;
    // It computes as many whatever it is given.
    if (!this.#model.controlnet && (this.#model.unet.batch ?? 1) >= form.batch) return true;
    const precision = this.#parts.precisionOf('unet');
    if (this.#inTurn || !room || precision !== this.#options.precision) return false;
    const key = JSON.stringify(form);
    if (this.#fitting?.key !== key) {
      const { unet, controlnet } = this.#model;
      const parts = controlnet ? [unet, controlnet] : [unet];
      this.#fitting = { key, fits: fits(parts, form, precision, room) };
    }
    return this.#fitting.fits;
  }

  /** What the UNet predicts, where its files do not tell: one more call, at the noisiest timestep. */
  async #findPrediction(form: PartForm, inputs: Given): Promise<Result<null>> {
    if (this.#prediction) return ok(null);
    const sample = philoxNormals(0, 0, 0, inputs['sample']?.length ?? 0);
    const trial = { ...inputs, sample, timestep: new Float32Array(form.batch).fill(lastTimestep) };
    const answer = await this.#parts.run('unet', form, trial, 'noise');
    if (!answer.ok) return answer;
    this.#prediction = predictionOf(sample, answer.value) ?? 'epsilon';
    return ok(null);
  }

  #part(role: Role): LoadedPart {
    const part = this.#model[role];
    if (!part) throw new Error(`There is no ${role}.`);
    return part;
  }
}

/** What UNet and ControlNet are both given. */
function sharedInputs(calls: readonly Prediction[]): Record<'sample' | 'timestep' | 'context', Floats> {
  return {
    sample: joined(calls.map(({ sample }) => sample)),
    timestep: Float32Array.from(calls, ({ timestep }) => timestep),
    context: joined(calls.map(({ context }) => context)),
  };
}
