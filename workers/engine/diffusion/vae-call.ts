/**
 * A tile through a half of the VAE. In full precision its values are twice as large as in half, so that a tile may have more than can be
 * bound: it is then called in pieces, with context and a blend between them, as the tiles themselves have.
 */

import { ok, type Result } from '../../../src/base/result.ts';
import { vaeRules } from '../../../src/diffusion/refine/canvas.ts';
import type { Floats } from '../../../src/diffusion/refine/networks.ts';
import { pastePlanes } from '../../../src/diffusion/refine/planes.ts';
import type { Rect, Size } from '../../../src/picture/geometry.ts';
import { Blender } from '../../../src/tiles/blend.ts';
import { cutPlanes } from '../../../src/tiles/cut.ts';
import { planTiles } from '../../../src/tiles/plan.ts';
import type { HeldParts } from './held-parts.ts';

/** Sides are places of the latent map. */
export interface VaeCall<Role extends string> {
  readonly role: Role;
  readonly size: Size;
  /** The longest side of one call in full precision; null for any. */
  readonly largest: number | null;
  /** Values along each side of a place, of what goes in and of what comes out. */
  readonly from: number;
  readonly to: number;
  /** Of what comes out. */
  readonly channels: number;
  /** As the graph names them. */
  readonly input: string;
  readonly output: string;
}

/** All of a tile's values. Failures: those of `HeldParts`. */
export async function vaeCall<Role extends string>(
  parts: HeldParts<Role>,
  call: VaeCall<Role>,
  values: Floats,
): Promise<Result<Floats>> {
  const { role, size, input, output } = call;
  const largest = call.largest ?? Infinity;
  const whole = [role, formOf(size), { [input]: values }, output] as const;
  if (size.width <= largest && size.height <= largest) return parts.run(...whole);
  if (parts.precisionOf(role) === 'fp16') {
    const given = await parts.attempt(...whole);
    if (given) return given;
  }
  return inPieces(call, largest, values, (piece, sides) =>
    parts.run(role, formOf(sides), { [input]: piece }, output),
  );
}

async function inPieces(
  { size, from, to, channels }: Pick<VaeCall<string>, 'size' | 'from' | 'to' | 'channels'>,
  largest: number,
  values: Floats,
  call: (piece: Floats, size: Size) => Promise<Result<Floats>>,
): Promise<Result<Floats>> {
  const plan = planTiles(size, { width: largest, height: largest }, vaeRules);
  const blender = new Blender(plan, to, channels);
  const drawn = timesSize(size, to);
  const whole = new Float32Array(channels * drawn.width * drawn.height);
  for (const tile of plan.tiles) {
    const piece = cutPlanes(values, timesSize(size, from), times(tile.read, from));
    const done = await call(piece, tile.read);
    if (!done.ok) return done;
    const { rect, planes } = blender.add(tile, done.value);
    pastePlanes(whole, drawn, rect, planes);
  }
  return ok(whole);
}

function formOf({ width, height }: Size) {
  return { batch: 1, width, height, tokens: 1 };
}

function times({ x, y, ...size }: Rect, factor: number): Rect {
  return { x: x * factor, y: y * factor, ...timesSize(size, factor) };
}

function timesSize({ width, height }: Size, factor: number): Size {
  return { width: width * factor, height: height * factor };
}
