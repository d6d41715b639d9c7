/**
 * How well tile borders hide when a picture is refined, with tiny made-up networks: the table of docs/benchmarks.md. A line is weights,
 * picture, tiles, the seam measure before and after the colours are matched, and the mean difference from the untiled result in levels.
 */

import { openRefining, storeOf } from '../reference/refining.ts';
import {
  drawn,
  matched,
  seamOf,
  seamPictures,
  seamSize,
  unetGrid,
  vaePlan,
  wholeCut,
  type Cut,
} from '../reference/seams.ts';
import { smoothed, tinyDiffusion } from '../reference/tiny-diffusion.ts';

function meanDifference(one: ArrayLike<number>, other: ArrayLike<number>): number {
  return (
    Array.from(one, (value, i) => Math.abs(value - Number(other[i]))).reduce((sum, value) => sum + value, 0) /
    one.length /
    0.75
  );
}

const files = { rough: tinyDiffusion(), smooth: tinyDiffusion('epsilon', 'f32', { fill: smoothed }) };
const cuts: readonly (readonly [string, Cut])[] = [
  ['UNet 32, 8', { ...wholeCut, grid: unetGrid(32, 8) }],
  ...[
    [44, 0, 4],
    [44, 2, 4],
    [44, 6, 4],
    [44, 2, 8],
    [44, 4, 8],
  ].map(([side = 0, context = 0, blend = 0]): [string, Cut] => [
    `VAE ${side}, ${context}, ${blend}`,
    { ...wholeCut, vae: vaePlan(side, context, blend) },
  ]),
];

for (const [weights, model] of Object.entries(files)) {
  for (const [name, colour] of seamPictures) {
    const input = await storeOf(seamSize, colour);
    const step = { prompt: 'a cat', guidance: 1, strength: 0.3, steps: 4, seed: 1 } as const;
    const opened = await openRefining(step, model, seamSize);
    const untiled = await drawn(opened, wholeCut, input);
    const untiledMatched = await matched(untiled, input);
    for (const [label, cut] of cuts) {
      const result = await drawn(opened, cut, input);
      const seam = seamOf(result, untiled, cut).toFixed(3);
      const after = seamOf(await matched(result, input), untiledMatched, cut).toFixed(3);
      console.log(weights, name, label, seam, after, meanDifference(result.data, untiled.data).toFixed(2));
    }
    await opened.networks.release();
  }
}
