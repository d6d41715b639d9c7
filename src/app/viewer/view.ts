/**
 * Where the stage looks: pure geometry of zoom and pan. The frame is the result's pixel grid; the
 * before picture is stretched onto it. Lengths of the stage are CSS pixels, of the frame its pixels.
 */

import type { Rect, Size } from '../../picture/geometry.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface View {
  /** CSS pixels for one frame pixel. */
  readonly scale: number;
  /** The frame point in the middle of the stage. */
  readonly center: Point;
}

/** A rectangle in continuous coordinates. */
export type Box = Rect;

const largest = 64; // CSS pixels for one frame pixel
const largestFit = 6; // a tiny picture is not blown up into a mosaic

/** The whole frame, as large as the stage allows. */
export function fitted(frame: Size, stage: Size): View {
  const scale = Math.min(stage.width / frame.width, stage.height / frame.height, largestFit);
  return { scale: Math.max(scale, 1e-6), center: { x: frame.width / 2, y: frame.height / 2 } };
}

/** Keeps the scale in its range, and the frame from leaving a gap where it could fill the stage. */
export function clamped(view: View, frame: Size, stage: Size): View {
  const least = Math.min(fitted(frame, stage).scale, 1 / 8);
  const scale = Math.min(Math.max(view.scale, least), largest);
  const along = (center: number, length: number, room: number): number => {
    const half = room / 2 / scale;
    return length <= half * 2 ? length / 2 : Math.min(Math.max(center, half), length - half);
  };
  return {
    scale,
    center: {
      x: along(view.center.x, frame.width, stage.width),
      y: along(view.center.y, frame.height, stage.height),
    },
  };
}

/** The frame point under a stage point. */
export function toFrame(view: View, stage: Size, point: Point): Point {
  return {
    x: view.center.x + (point.x - stage.width / 2) / view.scale,
    y: view.center.y + (point.y - stage.height / 2) / view.scale,
  };
}

/** The stage point over a frame point. */
export function toStage(view: View, stage: Size, point: Point): Point {
  return {
    x: stage.width / 2 + (point.x - view.center.x) * view.scale,
    y: stage.height / 2 + (point.y - view.center.y) * view.scale,
  };
}

/** Another scale, with the same frame point staying under the stage point `at`. */
export function zoomedAt(view: View, frame: Size, stage: Size, scale: number, at: Point): View {
  const kept = toFrame(view, stage, at);
  const least = Math.min(fitted(frame, stage).scale, 1 / 8);
  const next = Math.min(Math.max(scale, least), largest);
  const center = {
    x: kept.x - (at.x - stage.width / 2) / next,
    y: kept.y - (at.y - stage.height / 2) / next,
  };
  return clamped({ scale: next, center }, frame, stage);
}

/** Moves the picture by so many CSS pixels. */
export function panned(view: View, frame: Size, stage: Size, by: Point): View {
  const center = { x: view.center.x - by.x / view.scale, y: view.center.y - by.y / view.scale };
  return clamped({ scale: view.scale, center }, frame, stage);
}

/** Where the frame lies on the stage; it may reach beyond it. */
export function frameBox(view: View, frame: Size, stage: Size): Box {
  const corner = toStage(view, stage, { x: 0, y: 0 });
  return { ...corner, width: frame.width * view.scale, height: frame.height * view.scale };
}

/** The frame's visible part in CSS pixels: what the before/after line can be moved over. */
export function visibleBox(view: View, frame: Size, stage: Size): Box {
  const box = frameBox(view, frame, stage);
  const x = Math.max(0, box.x);
  const y = Math.max(0, box.y);
  return {
    x,
    y,
    width: Math.max(0, Math.min(stage.width, box.x + box.width) - x),
    height: Math.max(0, Math.min(stage.height, box.y + box.height) - y),
  };
}

/** The whole frame pixels that are visible; null when there are none. */
export function visiblePixels(view: View, frame: Size, stage: Size): Rect | null {
  const from = toFrame(view, stage, { x: 0, y: 0 });
  const to = toFrame(view, stage, { x: stage.width, y: stage.height });
  const x = Math.max(0, Math.floor(from.x));
  const y = Math.max(0, Math.floor(from.y));
  const width = Math.min(frame.width, Math.ceil(to.x)) - x;
  const height = Math.min(frame.height, Math.ceil(to.y)) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

/** The same part of the picture in a frame of another size. */
export function reframed(view: View, from: Size, to: Size, stage: Size): View {
  const scale = view.scale * Math.min(from.width / to.width, from.height / to.height);
  const center = {
    x: (view.center.x / from.width) * to.width,
    y: (view.center.y / from.height) * to.height,
  };
  return clamped({ scale, center }, to, stage);
}
