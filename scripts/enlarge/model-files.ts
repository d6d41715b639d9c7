/** The files of a model of which one was named: an ncnn network's other half, and what lies beside an ONNX file. */

import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { ok } from '../../src/base/result.ts';
import { readOnnx } from '../../src/formats/onnx/reader.ts';
import { fileBlob } from '../lib/file-blob.ts';

/** Larger files are looked at where they lie. */
const mostInMemory = 1 << 29;

/** The named one first. Rejects for a path that cannot be read. */
export async function modelFiles(path: string): Promise<string[]> {
  return [path, ...otherHalf(path), ...(await besideOnnx(path))];
}

/** Node's own file Blobs end at 4 GiB. */
export async function blobOf(path: string): Promise<Blob> {
  const { size } = await stat(path);
  return size <= mostInMemory ? new Blob([await readFile(path)]) : fileBlob(path);
}

/** An ncnn network's two files have one name. */
export function otherHalf(path: string): string[] {
  const [end, other] = path.endsWith('.param') ? ['.param', '.bin'] : ['.bin', '.param'];
  const half = path.endsWith(end) ? path.slice(0, -end.length) + other : path;
  return half !== path && existsSync(half) ? [half] : [];
}

/** The files in its folder, or below it, that an ONNX file keeps its weights in. */
async function besideOnnx(path: string): Promise<string[]> {
  if (!/\.onnx$/i.test(path)) return [];
  const folder = dirname(resolve(path));
  const found: string[] = [];
  await readOnnx(await blobOf(path), async (location) => {
    const beside = resolve(folder, location);
    if (!beside.startsWith(folder + sep) || !existsSync(beside)) return null;
    found.push(beside);
    // Only its size matters here.
    return ok(await blobOf(beside));
  });
  return found;
}
