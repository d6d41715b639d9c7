/** What a shipped model makes of a picture, run by another runtime, whole and at once. */

import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Pixels } from './pictures.ts';

export async function enlargedBy(model: string, { width, height, channels, data }: Pixels): Promise<Pixels> {
  const path = fileURLToPath(new URL(`../../public/models/${model}.onnx`, import.meta.url));
  const session = await InferenceSession.create(path, { logSeverityLevel: 3 });
  const count = width * height;
  const planes = new Float32Array(count * 3);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) planes[c * count + i] = (data[i * channels + c] ?? 0) / 255;
  }
  const [input, output] = [session.inputNames[0] ?? '', session.outputNames[0] ?? ''];
  const results = await session.run({ [input]: new Tensor('float32', planes, [1, 3, height, width]) });
  const result = results[output];
  const [, , resultHeight = 0, resultWidth = 0] = result?.dims ?? [];
  const values = result?.data;
  if (!(values instanceof Float32Array)) throw new Error('The network gave no floats.');
  await session.release();
  const size = resultWidth * resultHeight;
  const pixels = Uint8Array.from({ length: size * 3 }, (_, i) => {
    const value = values[(i % 3) * size + Math.floor(i / 3)] ?? 0;
    return Math.round(Math.min(1, Math.max(0, value)) * 255);
  });
  return { width: resultWidth, height: resultHeight, channels: 3, data: pixels };
}

/** The largest and the mean difference of two pictures' colours, in 1/255. */
export function differences(one: Pixels, other: Pixels): { most: number; mean: number } {
  if (one.width !== other.width || one.height !== other.height) {
    return { most: Number.POSITIVE_INFINITY, mean: Number.POSITIVE_INFINITY };
  }
  const count = one.width * one.height;
  let most = 0;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < 3; c++) {
      const a = one.data[i * one.channels + c] ?? 0;
      const b = other.data[i * other.channels + c] ?? 0;
      const difference = Math.abs(a - b);
      most = Math.max(most, difference);
      sum += difference;
    }
  }
  return { most, mean: sum / (count * 3) };
}
