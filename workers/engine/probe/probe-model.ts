/** Probes a foreign model for the page, and runs the test tile through it as jobs will: by the graph that is made of it. */

import { foreignGraph, type ForeignModel } from '../../../src/architectures/foreign.ts';
import { ok, type Result } from '../../../src/base/result.ts';
import { whileReadable } from '../../../src/formats/readable.ts';
import type { OnnxHeader } from '../../../src/formats/onnx/header.ts';
import { readOnnx } from '../../../src/formats/onnx/reader.ts';
import { bleedRgb } from '../../../src/picture/alpha.ts';
import { rectOf, type Size } from '../../../src/picture/geometry.ts';
import type { PixelBlock } from '../../../src/picture/pixel-store.ts';
import { blockFromPlanes, rgbPlanes } from '../../../src/picture/planes.ts';
import { Resampler } from '../../../src/picture/resample.ts';
import type { ProbedModel, ProbeRequest, TestTile } from '../../../src/protocol/probe.ts';
import { cropPlanes, padPlanes } from '../../../src/tiles/pad.ts';
import type { Backend } from '../backend.ts';
import { bitmapOf } from '../jobs/preview.ts';
import type { Shelf } from '../shelf.ts';
import { ortRunner } from './ort-runner.ts';
import { probe } from './probe.ts';
import { testPicture } from './test-picture.ts';

const builtIn: Size = { width: 64, height: 64 };

/** Failures: those of `probe`; `out-of-memory`. */
export async function probeModel(
  backend: Backend,
  shelf: Shelf,
  { bytes, wish, picture }: ProbeRequest,
): Promise<Result<ProbedModel>> {
  return whileReadable(async () => {
    const header = await readOnnx(bytes);
    if (!header.ok) return header;
    const probed = await probe(header.value, ortRunner(backend), wish);
    if (!probed.ok) return probed;
    const tile = await testTile(
      backend,
      header.value,
      probed.value.model,
      await given(shelf, picture, probed.value.model),
    );
    return tile.ok ? ok({ ...probed.value, tile: tile.value }) : tile;
  });
}

async function given(
  shelf: Shelf,
  picture: ProbeRequest['picture'],
  { rules: { fixed = builtIn } }: ForeignModel,
): Promise<PixelBlock> {
  const store = picture ? shelf.get(picture.id) : null;
  if (picture && store?.ok) {
    const { x, y, width, height } = picture.rect;
    // No more than one run of it.
    return store.value.read({
      x,
      y,
      width: Math.min(width, fixed.width),
      height: Math.min(height, fixed.height),
    });
  }
  const size = {
    width: Math.min(builtIn.width, fixed.width),
    height: Math.min(builtIn.height, fixed.height),
  };
  return blockFromPlanes(testPicture(size), null, size, 8);
}

async function testTile(
  backend: Backend,
  header: OnnxHeader,
  model: ForeignModel,
  block: PixelBlock,
): Promise<Result<TestTile>> {
  const { scale, rules } = model;
  const graph = await foreignGraph(header, model);
  if (!graph.ok) return graph;
  const runner = await ortRunner(backend)(graph.value);
  if (!runner.ok) return runner;
  const padded = padPlanes(rgbPlanes(bleedRgb(block)), block, rules);
  const { width, height } = padded.size;
  const result = await runner.value.run({ data: padded.planes, shape: [1, 3, height, width] });
  await runner.value.release();
  if (!result.ok) return result;
  const large = times(block, scale);
  const planes = cropPlanes(Float32Array.from(result.value.data), times(padded.size, scale), large);
  return ok({
    before: await bitmapOf(block, 1),
    plain: await bitmapOf(bicubic(block, large), 1),
    after: await bitmapOf(blockFromPlanes(planes, null, large, 8), 1),
  });
}

function times({ width, height }: Size, factor: number): Size {
  return { width: width * factor, height: height * factor };
}

function bicubic(block: PixelBlock, to: Size): PixelBlock {
  const resampler = new Resampler('bicubic', block, rectOf(block), to);
  const whole = rectOf(to);
  const source = resampler.sourceRect(whole);
  return resampler.run(block, source, whole);
}
