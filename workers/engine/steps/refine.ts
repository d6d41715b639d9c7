/** Diffusion's steps, refine and ldsr: operations of `Refining` as tiles of a pass, and what they make written into the output. */

import { at } from '../../../src/base/assert.ts';
import { ok, type Result } from '../../../src/base/result.ts';
import { Refining, type Drawn } from '../../../src/diffusion/refine/refine.ts';
import type { PlannedRefine } from '../../../src/diffusion/refine/order.ts';
import { jobSource } from '../../../src/diffusion/refine/ultimate.ts';
import type { UltimateJob } from '../../../src/diffusion/tiles/ultimate.ts';
import type { Rect } from '../../../src/picture/geometry.ts';
import type { PixelStore } from '../../../src/picture/pixel-store.ts';
import { EnlargedWriter } from '../diffusion/enlarged-writer.ts';
import type { StepNetworks } from '../diffusion/step-networks.ts';
import { UltimateWriter } from '../diffusion/ultimate-writer.ts';
import { JointWriter, RampWriter, type RefineWriter } from '../diffusion/writers.ts';
import type { PassContext, PassWork, Written } from './pass-work.ts';
import type { RefineCheckpoint } from '../../../src/protocol/engine.ts';
import { intersect } from './rectangles.ts';

export interface RefineTools {
  readonly planned: PlannedRefine;
  readonly vaeTile: number;
  readonly networks: StepNetworks;
  readonly resumed?: RefineCheckpoint;
}

type Sketch = Extract<Drawn, { kind: 'sketch' }>;

export function refinePass(
  { input, output }: PassContext,
  { planned, vaeTile, networks, resumed }: RefineTools,
): PassWork {
  const { order, ultimate } = planned;
  if (resumed?.inTurn) networks.takeTurns();
  const writer = writerOf(planned, input, output, resumed);
  const source = (canvas: number): PixelStore =>
    ultimate ? jobSource(output, at(ultimate.jobs, canvas)) : input;
  const refining = new Refining({ ...order, source }, networks, resumed?.process);
  // None where nothing is redrawn, and the picture is copied.
  const { grid, form } = order.canvases[0] ?? { grid: { tile: input }, form: { from: 1 } };
  return {
    tiles: refining.operations.length,
    tileSize: { width: grid.tile.width * form.from, height: grid.tile.height * form.from },
    run: async (index): Promise<Result<Written | null>> => {
      if (index === 0) await writer.begin?.();
      const drawn = await refining.run(index);
      if (!drawn.ok) return drawn;
      if (!drawn.value) return ok(null);
      if (drawn.value.kind === 'pixels') return ok(await writer.write(drawn.value));
      const job = ultimate && at(ultimate.jobs, drawn.value.canvas);
      return ok(sketched(drawn.value, job ? placed(drawn.value.rect, job) : drawn.value.rect, output));
    },
    state: () => ({
      pending: [],
      limit: null,
      refine: { process: refining.state(), writer: writer.state(), vaeTile, inTurn: networks.inTurn },
    }),
    release: () => networks.release(),
  };
}

function writerOf(
  { order, sdUpscale, ultimate }: PlannedRefine,
  input: PixelStore,
  output: PixelStore,
  resumed: RefineCheckpoint | undefined,
): RefineWriter {
  if (ultimate) return new UltimateWriter(ultimate, input, output, resumed?.writer);
  if (sdUpscale) return new RampWriter(sdUpscale, input, output, resumed?.writer);
  const { form } = at(order.canvases, 0);
  return form.to === form.from ? new JointWriter(input, output) : new EnlargedWriter(input, output);
}

/** Where a rectangle of what a job runs lies in the picture, in whole pixels. */
function placed({ x, y, width, height }: Rect, { crop, size }: UltimateJob): Rect {
  const [across, down] = [crop.width / size.width, crop.height / size.height];
  const [left, top] = [Math.round(x * across), Math.round(y * down)];
  return {
    x: crop.x + left,
    y: crop.y + top,
    width: Math.round((x + width) * across) - left,
    height: Math.round((y + height) * down) - top,
  };
}

/** What a tile is going to be, without what of `rect` lies outside the picture. */
function sketched({ size, rgba }: Sketch, rect: Rect, output: PixelStore): Written | null {
  const inside = intersect(rect, { x: 0, y: 0, width: output.width, height: output.height });
  if (!inside) return null;
  const { width, height } = size;
  const [across, down] = [width / rect.width, height / rect.height];
  const left = Math.floor((inside.x - rect.x) * across);
  const top = Math.floor((inside.y - rect.y) * down);
  const part = {
    x: left,
    y: top,
    width: Math.ceil((inside.x - rect.x + inside.width) * across) - left,
    height: Math.ceil((inside.y - rect.y + inside.height) * down) - top,
  };
  const data = new Uint8ClampedArray(part.width * part.height * 4);
  for (let row = 0; row < part.height; row++) {
    const from = ((top + row) * width + left) * 4;
    data.set(rgba.subarray(from, from + part.width * 4), row * part.width * 4);
  }
  return { rect: inside, block: { width: part.width, height: part.height, data } };
}
