/** A graph whose weights lie here and there in a large file, over a Blob of these alone. */

import type { OnnxInitializer, OnnxModel } from './model.ts';

/** Where tensors begin: what a reader that maps them may expect. */
const alignment = 64;

/**
 * The same graph over only those ranges of `file` that its external initializers name, each once, one behind the other in the order of
 * the file. Nothing is read: the new Blob is made of slices. For readers that take a whole file into memory, or count bytes in 32 bits.
 */
export function gathered(
  model: OnnxModel,
  file: Blob,
): { readonly model: OnnxModel; readonly weights: Blob } {
  const parts: BlobPart[] = [];
  const places = new Map<string, number>();
  let end = 0;
  const ranges = model.initializers
    .flatMap(({ data }) => ('location' in data ? [data] : []))
    .sort((one, other) => one.offset - other.offset);
  for (const { offset, length } of ranges) {
    const key = keyOf(offset, length);
    if (places.has(key)) continue;
    const padding = (alignment - (end % alignment)) % alignment;
    if (padding > 0) parts.push(new Uint8Array(padding));
    parts.push(file.slice(offset, offset + length));
    places.set(key, end + padding);
    end += padding + length;
  }
  const initializers = model.initializers.map((initializer): OnnxInitializer => {
    const { data } = initializer;
    if (!('location' in data)) return initializer;
    const offset = places.get(keyOf(data.offset, data.length)) ?? 0;
    return { ...initializer, data: { ...data, offset } };
  });
  return { model: { ...model, initializers }, weights: new Blob(parts) };
}

function keyOf(offset: number, length: number): string {
  return `${offset}+${length}`;
}
