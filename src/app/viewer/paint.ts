/**
 * Draws the stage: the picture before on one side of the line, after on the other. All places are in
 * device pixels, and the frame's corner is on a whole one, so that 100 % is pixel for pixel.
 */

import type { Rect, Size } from '../../picture/geometry.ts';
import { unmapped, type FrameMap } from './frame-map.ts';
import type { Surface } from './surface.ts';
import { frameBox, type View } from './view.ts';

export interface Scene {
  readonly frame: Size;
  readonly before: Surface | null;
  /** From the before picture's pixels to the frame. */
  readonly map: FrameMap;
  readonly after: Surface | null;
  /** False when transparent parts have to show the chequered ground. */
  readonly opaque: boolean;
}

type Paint = (target: CanvasRenderingContext2D, scene: Scene, part: Rect, place: Rect, zoom: number) => void;

/** From here on single pixels are shown as squares. */
const squaresFrom = 3;

export function paintStage(
  target: CanvasRenderingContext2D,
  scene: Scene,
  view: View,
  stage: Size,
  density: number,
  lineAt: number,
): void {
  const { width, height } = target.canvas;
  target.clearRect(0, 0, width, height);
  const box = frameBox(view, scene.frame, stage);
  const zoom = view.scale * density;
  const corner = { x: Math.round(box.x * density), y: Math.round(box.y * density) };
  const x = Math.max(0, corner.x);
  const y = Math.max(0, corner.y);
  const right = Math.min(width, Math.round(corner.x + scene.frame.width * zoom));
  const bottom = Math.min(height, Math.round(corner.y + scene.frame.height * zoom));
  const line = scene.after ? Math.min(right, Math.max(x, Math.round(lineAt * density))) : right;
  const side = (from: number, to: number, paint: Paint): void => {
    if (to <= from || bottom <= y) return;
    const place = { x: from, y, width: to - from, height: bottom - y };
    paint(target, scene, partOf(place, corner, zoom), place, zoom);
  };
  side(x, line, paintBefore);
  side(line, right, paintAfter);
}

/** The loupe's two windows, before and after, on the same spot of the frame. */
export function paintLoupe(
  target: CanvasRenderingContext2D,
  scene: Scene,
  center: { readonly x: number; readonly y: number },
  zoom: number,
  gap: number,
): void {
  const { width, height } = target.canvas;
  target.clearRect(0, 0, width, height);
  const pane = Math.floor((width - gap) / 2);
  const paints: readonly Paint[] = [paintBefore, paintAfter];
  for (const [index, paint] of paints.entries()) {
    const place = { x: index * (pane + gap), y: 0, width: pane, height };
    const corner = {
      x: place.x + pane / 2 - center.x * zoom,
      y: place.y + height / 2 - center.y * zoom,
    };
    paint(target, scene, partOf(place, corner, zoom), place, zoom);
  }
}

/** The part of the frame that a place on the screen shows. */
function partOf(place: Rect, corner: { readonly x: number; readonly y: number }, zoom: number): Rect {
  return {
    x: (place.x - corner.x) / zoom,
    y: (place.y - corner.y) / zoom,
    width: place.width / zoom,
    height: place.height / zoom,
  };
}

function paintBefore(target: CanvasRenderingContext2D, scene: Scene, part: Rect, place: Rect): void {
  if (!scene.before) return;
  if (!scene.opaque) chequer(target, place);
  target.imageSmoothingEnabled = true;
  target.imageSmoothingQuality = 'low';
  scene.before.paint(target, unmapped(scene.map, part), place);
}

function paintAfter(
  target: CanvasRenderingContext2D,
  scene: Scene,
  part: Rect,
  place: Rect,
  zoom: number,
): void {
  const { after } = scene;
  if (!after || after.done !== 'all') paintBefore(target, scene, part, place);
  if (!after) return;
  target.save();
  target.beginPath();
  if (after.done === 'all' || scene.opaque) target.rect(place.x, place.y, place.width, place.height);
  // Only finished tiles cover the picture before: transparent ones would show it through.
  else for (const rect of after.done) addRect(target, rect, part, place);
  target.clip();
  if (!scene.opaque) chequer(target, place);
  target.imageSmoothingEnabled = zoom < squaresFrom;
  target.imageSmoothingQuality = 'low';
  after.paint(target, part, place);
  target.restore();
}

function addRect(target: CanvasRenderingContext2D, rect: Rect, part: Rect, place: Rect): void {
  const zoom = place.width / part.width;
  target.rect(
    place.x + (rect.x - part.x) * zoom,
    place.y + (rect.y - part.y) * zoom,
    rect.width * zoom,
    rect.height * zoom,
  );
}

const squareSide = 10;

function chequer(target: CanvasRenderingContext2D, place: Rect): void {
  const style = getComputedStyle(target.canvas);
  const tile = new OffscreenCanvas(squareSide * 2, squareSide * 2);
  const draw = tile.getContext('2d');
  if (!draw) return;
  draw.fillStyle = style.getPropertyValue('--check-a');
  draw.fillRect(0, 0, squareSide * 2, squareSide * 2);
  draw.fillStyle = style.getPropertyValue('--check-b');
  draw.fillRect(0, 0, squareSide, squareSide);
  draw.fillRect(squareSide, squareSide, squareSide, squareSide);
  target.fillStyle = target.createPattern(tile, 'repeat') ?? 'grey';
  target.fillRect(place.x, place.y, place.width, place.height);
}
