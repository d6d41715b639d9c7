/**
 * What no tensor tells of a diffusion model and the files beside it may: the configs of a folder in diffusers' layout, and a .safetensors
 * file's own notes (https://github.com/Stability-AI/ModelSpec). What neither tells is null.
 */

export type Prediction = 'epsilon' | 'v';
/** Models that are sampled in few steps, in a way of their own. */
export type Sampling = 'lcm' | 'turbo';

/** A JSON file; `name` is its path, with folders where they are known. */
export interface GivenConfig {
  readonly name: string;
  readonly value: unknown;
}

/** `__metadata__` of a .safetensors file. */
export type Notes = Readonly<Record<string, string>>;

export interface Told {
  readonly prediction: Prediction | null;
  readonly sampling: Sampling | null;
  /** 1: the text encoder's last layer. */
  readonly clipSkip: number | null;
  /** UNet latents are the VAE's means times this. */
  readonly latentScale: number | null;
  /** The UNet's attention heads: one number, or one a level. */
  readonly heads: readonly number[] | null;
  /** Of the text encoder: whether its activation is QuickGELU. */
  readonly quick: 0 | 1 | null;
}

type Fields = Readonly<Record<string, unknown>>;

/** The first source that tells something counts: configs, then notes. */
export function toldBy(configs: readonly GivenConfig[], notes: readonly Notes[]): Told {
  const scheduler = configNamed(configs, /(^|\/)(scheduler_config|scheduler\/config)\.json$/);
  const index = configNamed(configs, /(^|\/)model_index\.json$/);
  const unet = configNamed(configs, /(^|\/)unet\/config\.json$/);
  const vae = configNamed(configs, /(^|\/)vae(_decoder|_encoder)?\/config\.json$/);
  const text = configNamed(configs, /(^|\/)text_encoder\/config\.json$/);
  const pipeline = textOf(index['_class_name']);
  return {
    prediction: predictionIn(scheduler['prediction_type']) ?? firstTold(notes, notedPrediction),
    sampling: configuredSampling(scheduler, pipeline) ?? firstTold(notes, notedSampling),
    clipSkip: firstTold(notes, notedSkip),
    latentScale: positive(vae['scaling_factor']),
    heads: headsIn(unet['num_attention_heads']) ?? headsIn(unet['attention_head_dim']),
    quick: text['hidden_act'] === 'quick_gelu' ? 1 : text['hidden_act'] === 'gelu' ? 0 : null,
  };
}

function configNamed(configs: readonly GivenConfig[], path: RegExp): Fields {
  const value = configs.find(({ name }) => path.test(name.replaceAll('\\', '/')))?.value;
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function positive(value: unknown): number | null {
  return typeof value === 'number' && value > 0 && Number.isFinite(value) ? value : null;
}

function firstTold<T>(notes: readonly Notes[], read: (one: Notes) => T | null): T | null {
  for (const one of notes) {
    const told = read(one);
    if (told !== null) return told;
  }
  return null;
}

function predictionIn(value: unknown): Prediction | null {
  if (value === 'epsilon') return 'epsilon';
  return value === 'v_prediction' || value === 'v' ? 'v' : null;
}

function notedPrediction(notes: Notes): Prediction | null {
  const told = predictionIn(notes['modelspec.prediction_type']);
  // The 768-pixel models of SD 2 are those that predict the velocity, and are named so.
  return told ?? (/^stable-diffusion-v2-768-v\b/.test(notes['modelspec.architecture'] ?? '') ? 'v' : null);
}

const consistency = /\b(lcm|latent[- ]consistency)\b/;

/** Turbo's folders have a plain sampler that starts at the very last level; nothing else in them tells. */
function configuredSampling(scheduler: Fields, pipeline: string | null): Sampling | null {
  const name = textOf(scheduler['_class_name']) ?? '';
  if (name === 'LCMScheduler' || /^LatentConsistencyModel/.test(pipeline ?? '')) return 'lcm';
  const euler = name === 'EulerDiscreteScheduler' || name === 'EulerAncestralDiscreteScheduler';
  return euler && scheduler['timestep_spacing'] === 'trailing' ? 'turbo' : null;
}

function notedSampling(notes: Notes): Sampling | null {
  const words = `${notes['modelspec.architecture'] ?? ''} ${notes['modelspec.title'] ?? ''}`.toLowerCase();
  if (/\bturbo\b/.test(words)) return 'turbo';
  return consistency.test(words) ? 'lcm' : null;
}

/** What a LoRA makes of the model that it is merged into, by its notes and its file's name: there is nothing else that tells. */
export function samplingOfLora(file: string, notes: Notes = {}): Sampling | null {
  const names = [file, notes['ss_output_name'] ?? ''].map((name) =>
    name.replace(/^.*\//, '').replaceAll('_', ' '),
  );
  return names.some((name) => consistency.test(name.toLowerCase())) ? 'lcm' : notedSampling(notes);
}

function notedSkip(notes: Notes): number | null {
  const layer = Number(notes['modelspec.encoder_layer'] ?? NaN);
  return Number.isSafeInteger(layer) && layer > 0 && layer < 12 ? layer : null;
}

/** Diffusers' UNets say `attention_head_dim` and mean the number of heads. */
function headsIn(value: unknown): number[] | null {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const heads = list.filter(
    (one): one is number => typeof one === 'number' && Number.isSafeInteger(one) && one > 0,
  );
  return heads.length === list.length ? heads : null;
}
