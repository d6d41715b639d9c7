/**
 * How a pass's pixels lie in the final frame. Every pass is a scale and a shift, so the passes after
 * it compose into one; what a crop cut away or a pad added is in the shift and in `place`.
 */

import type { Rect, Size } from '../../picture/geometry.ts';
import { sourcesOf } from '../../recipes/pass-order.ts';
import type { Pass, PassSource } from '../../recipes/passes.ts';

export interface FrameMap {
  readonly scaleX: number;
  readonly scaleY: number;
  readonly x: number;
  readonly y: number;
}

const identity: FrameMap = { scaleX: 1, scaleY: 1, x: 0, y: 0 };

/**
 * From the picture, or from the output of pass `source`, to the final frame: by way of the passes that read it. Where
 * two do, either way is right, since both end in the same pixels.
 */
export function mapFrom(passes: readonly Pass[], source: PassSource): FrameMap {
  const next = passes.findIndex((_, i) => sourcesOf(passes, i)[0] === source);
  const other = passes.findIndex((_, i) => sourcesOf(passes, i)[1] === source);
  const reader = next < 0 ? other : next;
  const pass = passes[reader];
  return pass ? followed(mapOf(pass), mapFrom(passes, reader)) : identity;
}

/** The part of the final frame that shows the picture (less than all of it only for `pad`). */
export function pictureBox(passes: readonly Pass[], source: Size): Rect {
  const last = passes.at(-1);
  const frame = last?.output ?? source;
  const map = mapFrom(passes, 'picture');
  const seen = mapped(map, { x: 0, y: 0, ...source });
  const x = Math.max(0, seen.x);
  const y = Math.max(0, seen.y);
  return {
    x,
    y,
    width: Math.min(frame.width, seen.x + seen.width) - x,
    height: Math.min(frame.height, seen.y + seen.height) - y,
  };
}

export function mapped(map: FrameMap, rect: Rect): Rect {
  return {
    x: rect.x * map.scaleX + map.x,
    y: rect.y * map.scaleY + map.y,
    width: rect.width * map.scaleX,
    height: rect.height * map.scaleY,
  };
}

/** Back from the frame. */
export function unmapped(map: FrameMap, rect: Rect): Rect {
  return {
    x: (rect.x - map.x) / map.scaleX,
    y: (rect.y - map.y) / map.scaleY,
    width: rect.width / map.scaleX,
    height: rect.height / map.scaleY,
  };
}

function mapOf(pass: Pass): FrameMap {
  // Of a blend and an alpha pass both inputs have the output's pixels, but for the source that alpha is taken from.
  if (pass.kind !== 'model' && pass.kind !== 'resample') return identity;
  if (pass.kind === 'model') {
    const { scale, input } = pass;
    return { scaleX: scale, scaleY: scale, x: -input.x * scale, y: -input.y * scale };
  }
  const scaleX = pass.place.width / pass.window.width;
  const scaleY = pass.place.height / pass.window.height;
  return {
    scaleX,
    scaleY,
    x: pass.place.x - pass.window.x * scaleX,
    y: pass.place.y - pass.window.y * scaleY,
  };
}

function followed(first: FrameMap, then: FrameMap): FrameMap {
  return {
    scaleX: first.scaleX * then.scaleX,
    scaleY: first.scaleY * then.scaleY,
    x: first.x * then.scaleX + then.x,
    y: first.y * then.scaleY + then.y,
  };
}
