/** Tells the viewer the stage's size, and gives its canvas exactly the screen's pixels. */

import type { Viewer } from '../state/viewer.svelte.ts';

export function measureStage(viewer: Viewer): (canvas: HTMLCanvasElement) => () => void {
  return (canvas) => {
    const observer = new ResizeObserver(([entry]) => {
      if (!entry) return;
      const density = devicePixelRatio;
      const { width, height } = entry.contentRect;
      const exact = entry.devicePixelContentBoxSize?.[0];
      canvas.width = near(width * density, exact?.inlineSize);
      canvas.height = near(height * density, exact?.blockSize);
      viewer.resize({ width, height }, density);
    });
    try {
      observer.observe(canvas, { box: 'device-pixel-content-box' });
    } catch {
      observer.observe(canvas);
    }
    return () => observer.disconnect();
  };
}

/** What the browser reports, unless it leaves the density out (Safari, and emulated screens). */
function near(length: number, reported: number | undefined): number {
  return reported !== undefined && Math.abs(reported - length) <= 1 ? reported : Math.round(length);
}
