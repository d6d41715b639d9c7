/**
 * The networks of a model, each opened when it is first asked for. Only those that work together are held: texts, encoding,
 * denoising and decoding follow one another, and together their weights would not fit most devices.
 */

import { invertedTokens } from '../../../src/architectures/diffusion/clip-inputs.ts';
import { predictionOf } from '../../../src/architectures/diffusion/checkpoint-probe.ts';
import type { PartForm } from '../../../src/architectures/diffusion/part.ts';
import type { Precision } from '../../../src/architectures/graph-builder.ts';
import type { Failure } from '../../../src/base/errors.ts';
import { at } from '../../../src/base/assert.ts';
import { fail, failure, ok, type Result } from '../../../src/base/result.ts';
import type {
  Chunk,
  Floats,
  ModelTraits,
  Networks,
  Prediction,
} from '../../../src/diffusion/refine/networks.ts';
import { philoxNormals } from '../../../src/diffusion/noise/philox.ts';
import { allFinite, scaled } from '../../../src/diffusion/refine/planes.ts';
import { guidanceEmbedding } from '../../../src/diffusion/guidance.ts';
import type { Size } from '../../../src/picture/geometry.ts';
import type { LoadedModel, LoadedPart } from './loaded-model.ts';
import type { OpenPart, PartSession, Values } from './part-session.ts';

type Role = 'text' | 'encoder' | 'unet' | 'decoder' | 'controlnet';

/** Those that are held at the same time. */
const together: Readonly<Record<Role, readonly Role[]>> = {
  text: ['text'],
  encoder: ['encoder'],
  unet: ['unet', 'controlnet'],
  controlnet: ['unet', 'controlnet'],
  decoder: ['decoder'],
};

const lastTimestep = 999;

interface Held {
  readonly key: string;
  readonly session: PartSession;
  /** The graph's inputs: their names and lengths. */
  readonly inputs: ReadonlyMap<string, number>;
}

export interface NetworkOptions {
  readonly precision: Precision;
  /** Whether all parts stay open once they are: for work that goes back and forth between them. */
  readonly keepAll: boolean;
  readonly notice: (notice: Failure) => void;
}

export class PartNetworks implements Networks {
  readonly #model: LoadedModel;
  readonly #open: OpenPart;
  readonly #options: NetworkOptions;
  #prediction: ModelTraits['prediction'] | null;
  readonly #held = new Map<Role, Held>();
  /** Parts that gave infinities in half precision, and compute in full precision since. */
  readonly #full = new Set<Role>();

  constructor(model: LoadedModel, open: OpenPart, options: NetworkOptions) {
    this.#prediction = model.traits.prediction;
    this.#model = model;
    this.#open = open;
    this.#options = options;
  }

  /** What the UNet predicts is known after its first call at the latest. */
  get traits(): ModelTraits {
    return { ...this.#model.traits, prediction: this.#prediction ?? 'epsilon' };
  }

  text({ tokens }: Chunk): Promise<Result<Floats>> {
    const { vocabulary, vectors: rows, traits } = this.#model;
    const inputs: Record<string, Values> = { input_ids: Int32Array.from(tokens) };
    if (rows) {
      const width = traits.contextWidth;
      const { ids, kept, vectors } = invertedTokens(tokens, rows, { vocabulary, width });
      Object.assign(inputs, { input_ids: ids, kept, vectors });
    }
    return this.#run('text', { width: 1, height: 1 }, tokens.length, inputs, 'hidden');
  }

  encode(pixels: Floats, size: Size): Promise<Result<Floats>> {
    return this.#run('encoder', size, 1, { sample: pixels }, 'mean');
  }

  decode(latent: Floats, size: Size): Promise<Result<Floats>> {
    return this.#run('decoder', size, 1, { latent }, 'sample');
  }

  async predict({ sample, size, timestep, context, guidance, control }: Prediction): Promise<Result<Floats>> {
    const { contextWidth, guidanceInput } = this.traits;
    const inputs: Record<string, Values> = { sample, timestep: Float32Array.of(timestep), context };
    const tokens = context.length / contextWidth;
    if (control) {
      const residuals = await this.#all('controlnet', size, tokens, { ...inputs, hint: control.hint });
      if (!residuals.ok) return residuals;
      const entries = Object.entries(residuals.value);
      // The last is the middle's, however many there are on the way down.
      const first = control.factors.length - entries.length;
      for (const [i, [name, values]] of entries.entries()) {
        inputs[name] = scaled(values, at(control.factors, first + i));
      }
    }
    if (guidanceInput) inputs['timestep_cond'] = guidanceEmbedding(guidance);
    const told = await this.#findPrediction(size, tokens, inputs);
    if (!told.ok) return told;
    return this.#run('unet', size, tokens, inputs, 'noise');
  }

  /** What the UNet predicts, where its files do not tell: one more call, at the noisiest timestep. */
  async #findPrediction(
    size: Size,
    tokens: number,
    inputs: Readonly<Record<string, Values>>,
  ): Promise<Result<null>> {
    if (this.#prediction) return ok(null);
    const sample = philoxNormals(0, 0, 0, inputs['sample']?.length ?? 0);
    const trial = { ...inputs, sample, timestep: Float32Array.of(lastTimestep) };
    const answer = await this.#run('unet', size, tokens, trial, 'noise');
    if (!answer.ok) return answer;
    this.#prediction = predictionOf(sample, answer.value) ?? 'epsilon';
    return ok(null);
  }

  async release(): Promise<void> {
    for (const role of [...this.#held.keys()]) await this.#close(role);
  }

  async #run(
    role: Role,
    size: Size,
    tokens: number,
    inputs: Readonly<Record<string, Values>>,
    output: string,
  ): Promise<Result<Floats>> {
    const results = await this.#all(role, size, tokens, inputs);
    if (!results.ok) return results;
    const values = results.value[output];
    if (!values) throw new Error(`The ${role} gave no ${output}.`);
    return ok(values);
  }

  /** Every output, by name; computed in full precision where half precision was not enough. */
  async #all(
    role: Role,
    size: Size,
    tokens: number,
    inputs: Readonly<Record<string, Values>>,
  ): Promise<Result<Readonly<Record<string, Floats>>>> {
    const session = await this.#session(role, size, tokens);
    if (!session.ok) return session;
    const results = await session.value.session.run(withZeros(inputs, session.value.inputs));
    if (!results.ok || Object.values(results.value).every(allFinite)) return results;
    if (this.#options.precision === 'fp32' || this.#full.has(role)) {
      return fail(
        'model-damaged',
        `The ${roleNames[role]} gave values that are no numbers. Take another version of the model.`,
        { part: role },
      );
    }
    this.#full.add(role);
    this.#options.notice(
      failure(
        'fp16-untrusted',
        `The ${roleNames[role]} exceeded half precision, so it computes in full precision, which takes longer.`,
        { part: role },
      ),
    );
    return this.#all(role, size, tokens, inputs);
  }

  async #session(role: Role, { width, height }: Size, tokens: number): Promise<Result<Held>> {
    const precision = this.#full.has(role) ? 'fp32' : this.#options.precision;
    const form: PartForm = { batch: 1, width, height, tokens };
    const key = JSON.stringify([form, precision]);
    const held = this.#held.get(role);
    if (held?.key === key) return ok(held);
    for (const other of [...this.#held.keys()]) {
      const stays = this.#options.keepAll || together[role].includes(other);
      if (other === role || !stays) await this.#close(other);
    }
    const part = this.#part(role);
    const graph = part.graph(form, precision);
    if (!graph.ok) return graph;
    const opened = await this.#open(graph.value, part.weights);
    if (!opened.ok) return opened;
    const inputs = graph.value.inputs.map(({ name, shape }): [string, number] => [
      name,
      (shape ?? []).reduce<number>((product, side) => product * Number(side), 1),
    ]);
    const now = { key, session: opened.value, inputs: new Map(inputs) };
    this.#held.set(role, now);
    return ok(now);
  }

  #part(role: Role): LoadedPart {
    const part = this.#model[role];
    if (!part) throw new Error(`There is no ${role}.`);
    return part;
  }

  async #close(role: Role): Promise<void> {
    const held = this.#held.get(role);
    this.#held.delete(role);
    await held?.session.release();
  }
}

/** A UNet that a ControlNet can speak to is given its silence where it does not: nothing is added. */
function withZeros(
  given: Readonly<Record<string, Values>>,
  wanted: ReadonlyMap<string, number>,
): Readonly<Record<string, Values>> {
  const residuals = [...wanted].filter(([name]) => !(name in given) && /^(down_\d+|mid)$/u.test(name));
  if (residuals.length === 0) return given;
  return {
    ...given,
    ...Object.fromEntries(residuals.map(([name, length]) => [name, new Float32Array(length)])),
  };
}

const roleNames: Readonly<Record<Role, string>> = {
  text: 'text encoder',
  encoder: "VAE's encoder",
  unet: 'UNet',
  decoder: "VAE's decoder",
  controlnet: 'ControlNet',
};
