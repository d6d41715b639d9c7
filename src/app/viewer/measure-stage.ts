/** Tells the viewer the stage's size, and gives its canvas exactly the screen's pixels. */

import type { Viewer } from '../state/viewer.svelte.ts';

export function measureStage(viewer: Viewer): (canvas: HTMLCanvasElement) => () => void {
  return (canvas) => {
    const observer = new ResizeObserver(([entry]) => {
      if (!entry) return;
      const density = devicePixelRatio;
      const { width, height } = entry.contentRect;
      // Safari does not report device pixels.
      const exact = entry.devicePixelContentBoxSize?.[0];
      canvas.width = exact?.inlineSize ?? Math.round(width * density);
      canvas.height = exact?.blockSize ?? Math.round(height * density);
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
