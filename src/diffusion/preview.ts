/** What people see of a latent: without a decoder each pixel's colour is a linear function of its four numbers. */

import { invariant } from '../base/assert.ts';

/**
 * Red, green and blue (-1..1) of each channel of a latent of Stable Diffusion 1: a least-squares fit that is published at
 * https://discuss.huggingface.co/t/decoding-latents-to-rgb-without-upscaling/23204
 */
const factors = [
  [0.298, 0.207, 0.208],
  [0.187, 0.286, 0.173],
  [-0.158, 0.189, 0.264],
  [-0.184, -0.271, -0.473],
] as const;

/**
 * A latent [4, height, width] in the scale that a UNet works in (also of SD 2, whose autoencoder is nearly the same) as RGBA, 8
 * bits, opaque: one pixel for each of the latent's, an eighth of the picture's sides.
 */
export function latentToRgb(
  latent: Float32Array,
  height: number,
  width: number,
): Uint8ClampedArray<ArrayBuffer> {
  const pixels = height * width;
  invariant(latent.length === factors.length * pixels, 'A latent has four channels');
  const rgba = new Uint8ClampedArray(4 * pixels).fill(255);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let colour = 0; colour < 3; colour++) {
      let value = 0;
      factors.forEach((row, channel) => {
        value += (row[colour] ?? 0) * (latent[channel * pixels + pixel] ?? 0);
      });
      rgba[4 * pixel + colour] = 127.5 * (value + 1);
    }
  }
  return rgba;
}

/** Planes [3, height, width] in -1..1, as decoders give them, as RGBA, 8 bits, opaque. */
export function planesToRgb(planes: Float32Array): Uint8ClampedArray<ArrayBuffer> {
  const pixels = planes.length / 3;
  invariant(Number.isInteger(pixels), 'A picture has three planes');
  const rgba = new Uint8ClampedArray(4 * pixels).fill(255);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let colour = 0; colour < 3; colour++) {
      rgba[4 * pixel + colour] = 127.5 * ((planes[colour * pixels + pixel] ?? 0) + 1);
    }
  }
  return rgba;
}
