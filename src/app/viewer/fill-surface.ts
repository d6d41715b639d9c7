/** Draws a finished result from the engine's shelf into a surface, band by band, so that the page stays free. */

import type { Result } from '../../base/result.ts';
import { ok } from '../../base/result.ts';
import type { Rect, Size } from '../../picture/geometry.ts';
import type { Surface } from './surface.ts';

const bandPixels = 2e6;

export async function fillSurface(
  surface: Surface,
  view: (rect: Rect, max: Size) => Promise<Result<ImageBitmap>>,
  drawn: () => void,
): Promise<Result<null>> {
  const { frame, resolution } = surface;
  const rows = Math.max(1, Math.floor(bandPixels / (frame.width * resolution * resolution)));
  for (let y = 0; y < frame.height; y += rows) {
    const rect = { x: 0, y, width: frame.width, height: Math.min(rows, frame.height - y) };
    const max = {
      width: Math.max(1, Math.ceil(rect.width * resolution)),
      height: Math.max(1, Math.ceil(rect.height * resolution)),
    };
    const band = await view(rect, max);
    if (!band.ok) return band;
    await surface.draw(band.value, rect);
    band.value.close();
    drawn();
  }
  await surface.finish();
  drawn();
  return ok(null);
}
