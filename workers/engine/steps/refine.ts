/** The refine step: operations of `Refining` as tiles of a pass, and what they make written into the output. */

import { invariant } from '../../../src/base/assert.ts';
import { ok, type Result } from '../../../src/base/result.ts';
import { operationsOf } from '../../../src/diffusion/refine/operations.ts';
import { Refining, type Drawn } from '../../../src/diffusion/refine/refine.ts';
import type { PlannedRefine } from '../../../src/diffusion/refine/order.ts';
import type { PixelStore } from '../../../src/picture/pixel-store.ts';
import type { PartNetworks } from '../diffusion/networks.ts';
import { JointWriter, RampWriter, type RefineWriter } from '../diffusion/writers.ts';
import type { PassContext, PassWork, Written } from './pass-work.ts';
import type { RefineCheckpoint } from '../../../src/protocol/engine.ts';
import { intersect } from './rectangles.ts';

export interface RefineTools {
  readonly planned: PlannedRefine;
  readonly networks: PartNetworks;
  readonly resumed?: RefineCheckpoint;
}

/** Of one call of a network, until the first were measured. */
const callSeconds = 2;

export function refineEstimate(refine: Pick<RefineTools, 'planned'> | undefined): {
  tiles: number;
  seconds: number;
} {
  const order = refine?.planned.order;
  if (!order) return { tiles: 0, seconds: 0 };
  const { canvases, script, inTurn } = order;
  const tiles = operationsOf(canvases, {
    chunks: script.rows.length,
    branches: script.branches,
    inTurn,
  }).length;
  return { tiles, seconds: tiles * callSeconds };
}

export function refinePass(
  { input, output }: PassContext,
  { planned, networks, resumed }: RefineTools,
): PassWork {
  const { order, sdUpscale } = planned;
  const writer: RefineWriter = sdUpscale
    ? new RampWriter(sdUpscale, input, output, resumed?.writer)
    : new JointWriter(input, output);
  const refining = new Refining({ ...order, source: () => input }, networks, resumed?.process);
  const [first] = order.canvases;
  invariant(first, 'Refining has a canvas');
  return {
    tiles: refining.operations.length,
    tileSize: { width: first.grid.tile.width * 8, height: first.grid.tile.height * 8 },
    run: async (index): Promise<Result<Written | null>> => {
      const drawn = await refining.run(index);
      if (!drawn.ok) return drawn;
      if (!drawn.value) return ok(null);
      return ok(
        drawn.value.kind === 'pixels' ? await writer.write(drawn.value) : sketched(drawn.value, output),
      );
    },
    state: () => ({
      pending: [],
      limit: null,
      refine: { process: refining.state(), writer: writer.state() },
    }),
    release: () => networks.release(),
  };
}

/** What a tile is going to be, without what of it lies outside the picture. */
function sketched({ rect, rgba }: Extract<Drawn, { kind: 'sketch' }>, output: PixelStore): Written | null {
  const inside = intersect(rect, { x: 0, y: 0, width: output.width, height: output.height });
  if (!inside) return null;
  const [width, height] = [rect.width / 8, rect.height / 8];
  const block = { width, height, data: rgba };
  if (inside.width === rect.width && inside.height === rect.height) return { rect, block };
  const part = { width: Math.ceil(inside.width / 8), height: Math.ceil(inside.height / 8) };
  const data = new Uint8ClampedArray(part.width * part.height * 4);
  for (let row = 0; row < part.height; row++) {
    const from = row * width * 4;
    data.set(rgba.subarray(from, from + part.width * 4), row * part.width * 4);
  }
  return { rect: inside, block: { ...part, data } };
}
