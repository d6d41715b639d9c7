/** Values of a ready-made graph in its own sides and ranges: padded and cropped where it takes one size, means alone, pictures of 0..1. */

import type { ReadyPart } from '../../../src/architectures/diffusion/onnx-part.ts';
import type { PartForm } from '../../../src/architectures/diffusion/part.ts';
import { invariant } from '../../../src/base/assert.ts';
import { scaled } from '../../../src/diffusion/refine/planes.ts';
import type { Size } from '../../../src/picture/geometry.ts';
import { cropPlanes, padPlanes } from '../../../src/tiles/pad.ts';
import type { Values } from './part-session.ts';

type Floats = Float32Array<ArrayBuffer>;
type Given = Readonly<Record<string, Values>>;

const latentChannels = 4;
const colours = 3;
const scale = 8;

export class ReadyValues {
  readonly #ready: ReadyPart;
  readonly #form: PartForm;
  /** What the latent map is filled up to, and what of it was asked for. */
  readonly #whole: Size;
  readonly #asked: Size;
  /** Of the graph's own calls. */
  readonly batch: number;

  constructor(ready: ReadyPart, form: PartForm) {
    const { latent } = ready.sides;
    this.#ready = ready;
    this.#form = form;
    this.#asked = { width: form.width, height: form.height };
    const fills = ready.kind.startsWith('vae') && latent !== null;
    this.#whole = fills ? { width: latent, height: latent } : this.#asked;
    this.batch = ready.sides.batch ?? form.batch;
  }

  /** Of an input of ours, in the graph's calls. */
  sides(input: string): readonly number[] {
    const { batch } = this;
    const { width, height } = this.#whole;
    const { kind, condition } = this.#ready;
    if (input === 'input_ids') return [batch, this.#form.tokens];
    if (input === 'context') return [batch, this.#form.tokens, this.#ready.width ?? 0];
    if (input === 'timestep_cond') return [batch, condition];
    if (input === 'timestep') return [batch];
    if (kind === 'vae-encoder') return [batch, colours, scale * height, scale * width];
    return [batch, latentChannels, height, width];
  }

  given(inputs: Given): Given {
    const { kind, units } = this.#ready;
    if (kind === 'vae-decoder') return { latent: this.#filled(inputs['latent'], 1) };
    if (kind !== 'vae-encoder') return inputs;
    const pixels = this.#filled(inputs['sample'], scale);
    return { sample: units ? pixels.map((value) => (value + 1) / 2) : pixels };
  }

  /** What one row of a graph's answer is to refining. */
  one(answer: Floats): Floats {
    const { kind, units } = this.#ready;
    const { width, height } = this.#whole;
    if (kind === 'vae-encoder') {
      // The mean, and behind it the variance's logarithm where the graph draws nothing.
      const mean = answer.subarray(0, latentChannels * width * height);
      return cropPlanes(mean, this.#whole, this.#asked);
    }
    if (kind !== 'vae-decoder') return answer;
    const pixels = cropPlanes(answer, times(this.#whole), times(this.#asked));
    return units ? scaled(pixels, 2, -1) : pixels;
  }

  #filled(values: Values | undefined, factor: number): Floats {
    invariant(values instanceof Float32Array, 'A VAE is given floats');
    const size = { width: factor * this.#asked.width, height: factor * this.#asked.height };
    const fixed = { width: factor * this.#whole.width, height: factor * this.#whole.height };
    return padPlanes(values, size, { multiple: 1, fixed }).planes;
  }
}

function times({ width, height }: Size): Size {
  return { width: scale * width, height: scale * height };
}
