/** A canvas through the VAE, tile by tile: from the picture to its latent map, and from a latent map to the picture. */

import { at } from '../../base/assert.ts';
import { ok, type Result } from '../../base/result.ts';
import { bleedRgb } from '../../picture/alpha.ts';
import { area, type Rect } from '../../picture/geometry.ts';
import type { PixelStore } from '../../picture/pixel-store.ts';
import { rgbPlanes } from '../../picture/planes.ts';
import { Blender } from '../../tiles/blend.ts';
import { cutPlanes } from '../../tiles/cut.ts';
import { readPadded } from '../tiles/pad-to.ts';
import { redrawing, type Canvas } from './canvas.ts';
import type { Floats, Networks } from './networks.ts';
import { pastePlanes, scaled } from './planes.ts';

export const latentChannels = redrawing.channels;
const colours = 3;

/** The pixels of the picture under a rectangle of the canvas's latent map, as planes in 0..1. */
export async function pixelsUnder(store: PixelStore, canvas: Canvas, rect: Rect): Promise<Floats> {
  return rgbPlanes(bleedRgb(await readPadded(store, pixelRect(canvas, rect))));
}

function pixelRect(canvas: Canvas, rect: Rect): Rect {
  const { from } = canvas.form;
  return {
    x: canvas.rect.x + rect.x * from,
    y: canvas.rect.y + rect.y * from,
    width: rect.width * from,
    height: rect.height * from,
  };
}

/** Where a rectangle of a canvas's latent map lies in what is drawn. */
export function drawnRect({ rect: own, form: { from, to } }: Canvas, rect: Rect): Rect {
  return {
    x: (own.x * to) / from + rect.x * to,
    y: (own.y * to) / from + rect.y * to,
    width: rect.width * to,
    height: rect.height * to,
  };
}

/** Fills a canvas's latent map; `pending` goes on with what an earlier run left. */
export class CanvasEncoder {
  readonly #canvas: Canvas;
  readonly #networks: Networks;
  readonly #blender: Blender;

  constructor(canvas: Canvas, networks: Networks, pending?: readonly Floats[]) {
    this.#canvas = canvas;
    this.#networks = networks;
    this.#blender = new Blender(canvas.vae, 1, canvas.form.channels, pending);
  }

  /** Encodes one tile of `store`, in order, into `map` [channels, height, width], scaled as the UNet knows it. */
  async encode(index: number, store: PixelStore, map: Floats): Promise<Result<null>> {
    const tile = at(this.#canvas.vae.tiles, index);
    const pixels = await pixelsUnder(store, this.#canvas, tile.read);
    const latent = await this.#networks.encode(scaled(pixels, 2, -1), tile.read);
    if (!latent.ok) return latent;
    const { rect, planes } = this.#blender.add(tile, latent.value);
    pastePlanes(map, this.#canvas.size, rect, scaled(planes, this.#networks.traits.scaling.encoder));
    return ok(null);
  }

  pending(): Floats[] {
    return this.#blender.pending();
  }
}

export interface DecodedPart {
  /** Of the result, in pixels; it may reach beyond it. */
  readonly rect: Rect;
  /** RGB, about 0..1, not clamped. */
  readonly planes: Floats;
}

/** Makes a canvas's pixels. */
export class CanvasDecoder {
  readonly #canvas: Canvas;
  readonly #networks: Networks;
  readonly #blender: Blender;

  constructor(canvas: Canvas, networks: Networks, pending?: readonly Floats[]) {
    this.#canvas = canvas;
    this.#networks = networks;
    this.#blender = new Blender(canvas.vae, canvas.form.to, colours, pending);
  }

  /** Decodes one tile of `map`, in order: the pixels that are finished with it. */
  async decode(index: number, map: Floats): Promise<Result<DecodedPart>> {
    const tile = at(this.#canvas.vae.tiles, index);
    const latent = scaled(
      cutPlanes(map, this.#canvas.size, tile.read),
      1 / this.#networks.traits.scaling.decoder,
    );
    const pixels = await this.#networks.decode(latent, tile.read);
    if (!pixels.ok) return pixels;
    const { rect, planes } = this.#blender.add(tile, scaled(pixels.value, 0.5, 0.5));
    const { x, y } = drawnRect(this.#canvas, { x: 0, y: 0, ...this.#canvas.size });
    return ok({ rect: { ...rect, x: rect.x + x, y: rect.y + y }, planes });
  }

  pending(): Floats[] {
    return this.#blender.pending();
  }
}

/** Values of a canvas's latent map. */
export function latentLength({ form, size }: Canvas): number {
  return form.channels * area(size);
}
