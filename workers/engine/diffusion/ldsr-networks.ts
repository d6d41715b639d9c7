/** The networks of latent super-resolution: one that takes noise off a latent beside the picture, and after it the decoder. */

import type { Precision } from '../../../src/architectures/graph-builder.ts';
import { at, invariant } from '../../../src/base/assert.ts';
import type { Failure } from '../../../src/base/errors.ts';
import { ok, type Result } from '../../../src/base/result.ts';
import { ldsrScale } from '../../../src/diffusion/ldsr/choices.ts';
import type { Floats, ModelTraits, Prediction } from '../../../src/diffusion/refine/networks.ts';
import type { Size } from '../../../src/picture/geometry.ts';
import type { Go } from '../jobs/control.ts';
import { HeldParts } from './held-parts.ts';
import type { LoadedPart } from './loaded-model.ts';
import type { OpenPart } from './part-session.ts';
import type { StepNetworks } from './step-networks.ts';
import { vaeCall } from './vae-call.ts';

type Role = 'unet' | 'decoder';

export interface LoadedLdsr {
  readonly unet: LoadedPart;
  readonly decoder: LoadedPart;
  /** What the sides of the network's maps must be a multiple of. */
  readonly multiple: number;
}

const names: Readonly<Record<Role, string>> = {
  unet: 'network of latent super-resolution',
  decoder: 'decoder of latent super-resolution',
};

/** It knows no text, and its latents are used as they are. */
const traits: ModelTraits = {
  prediction: 'epsilon',
  scaling: { encoder: 1, decoder: 1 },
  contextWidth: 0,
  padding: 0,
  guidanceInput: false,
};

export interface LdsrOptions {
  readonly precision: Precision;
  /** As of `NetworkOptions`. */
  readonly fullTile: number | null;
  readonly notice: (notice: Failure) => void;
  readonly go?: Go | undefined;
}

export class LdsrNetworks implements StepNetworks {
  readonly traits = traits;
  readonly inTurn = true;
  readonly learned = null;
  readonly #parts: HeldParts<Role>;
  readonly #fullTile: number | null;

  constructor(model: LoadedLdsr, open: OpenPart, { precision, fullTile, notice, go }: LdsrOptions) {
    this.#fullTile = fullTile;
    const stays = (role: Role, working: Role): boolean => role === working;
    this.#parts = new HeldParts(open, {
      part: (role) => model[role],
      names,
      stays,
      precision,
      wayOut: 'choose smaller tiles',
      go,
      notice,
    });
  }

  takeTurns(): void {
    // It has one prediction a tile.
  }

  text(): Promise<Result<Floats>> {
    throw new Error('Latent super-resolution reads no text.');
  }

  encode(): Promise<Result<Floats>> {
    throw new Error('Latent super-resolution starts from noise.');
  }

  async predict(calls: readonly Prediction[]): Promise<Result<readonly Floats[]>> {
    const { sample, size, timestep, control } = at(calls, 0);
    invariant(control, 'The network sees the picture');
    const low = control.hint.map((value) => 2 * value - 1);
    const inputs = { sample, low, timestep: Float32Array.of(timestep) };
    const noise = await this.#parts.run('unet', { ...sidesOf(size), batch: 1, tokens: 1 }, inputs, 'noise');
    return noise.ok ? ok([noise.value]) : noise;
  }

  decode(latent: Floats, size: Size): Promise<Result<Floats>> {
    const call = {
      role: 'decoder',
      size,
      largest: this.#fullTile,
      input: 'latent',
      output: 'sample',
    } as const;
    return vaeCall(this.#parts, { ...call, from: 1, to: ldsrScale, channels: 3 }, latent);
  }

  release(): Promise<void> {
    return this.#parts.release();
  }
}

function sidesOf({ width, height }: Size): Size {
  return { width, height };
}
