/** Fingers, mouse and wheel on the stage: drag to pan, wheel or pinch to zoom, double click for 100 %. */

import type { Viewer } from '../state/viewer.svelte.ts';
import type { Point } from './view.ts';

/** An attachment for the stage's surface. */
export function gestures(viewer: Viewer): (element: HTMLElement) => () => void {
  return (element) => {
    const down = new Map<number, Point>();
    const controller = new AbortController();
    const { signal } = controller;

    const pointOf = (event: MouseEvent): Point => {
      const box = element.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };

    const start = (event: PointerEvent): void => {
      if (event.button !== 0 && event.button !== 1) return;
      element.setPointerCapture(event.pointerId);
      down.set(event.pointerId, pointOf(event));
      if (viewer.loupe) viewer.moveLoupe(pointOf(event));
    };

    const move = (event: PointerEvent): void => {
      const now = pointOf(event);
      if (viewer.loupe) viewer.moveLoupe(now);
      const before = down.get(event.pointerId);
      if (!before) return;
      down.set(event.pointerId, now);
      const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
      if (!other) {
        // A picture that moved along with the loupe would show the same spot for ever.
        if (!viewer.loupe) viewer.pan({ x: now.x - before.x, y: now.y - before.y });
        return;
      }
      // Each finger moves the middle by half of its own way.
      viewer.pan({ x: (now.x - before.x) / 2, y: (now.y - before.y) / 2 });
      const apart = distance(before, other);
      if (apart > 0) viewer.zoomBy(distance(now, other) / apart, middle(now, other));
    };

    const end = (event: PointerEvent): void => {
      down.delete(event.pointerId);
    };

    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      // Lines and pages to pixels; a pinch on a touchpad comes as a fine wheel with Control.
      const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : 33);
      const speed = event.ctrlKey ? 0.01 : 0.002;
      viewer.zoomBy(Math.exp(Math.max(-1, Math.min(1, -pixels * speed))), pointOf(event));
    };

    const twice = (event: MouseEvent): void => {
      if (viewer.mode === 'fit') viewer.zoomBy(1 / viewer.zoom, pointOf(event));
      else viewer.fit();
    };

    element.addEventListener('pointerdown', start, { signal });
    element.addEventListener('pointermove', move, { signal });
    element.addEventListener('pointerup', end, { signal });
    element.addEventListener('pointercancel', end, { signal });
    element.addEventListener('wheel', wheel, { signal, passive: false });
    element.addEventListener('dblclick', twice, { signal });
    return () => controller.abort();
  };
}

/** Arrow keys on the stage: they move the loupe while it is open (with Shift the picture). */
export function arrowKey(viewer: Viewer, event: KeyboardEvent): void {
  const way = ways[event.key];
  if (!way || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  if (viewer.loupe && !event.shiftKey) {
    const { x, y } = viewer.loupeAt;
    viewer.moveLoupe({ x: x + way.x * 16, y: y + way.y * 16 });
  } else {
    viewer.pan({ x: -way.x * 64, y: -way.y * 64 });
  }
}

const ways: Readonly<Record<string, Point>> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

function distance(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}

function middle(one: Point, other: Point): Point {
  return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 };
}
