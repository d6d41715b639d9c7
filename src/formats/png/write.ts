/**
 * Writes a PNG from rows that are pulled strip by strip: filtered, compressed by the platform's
 * deflate and cut into IDAT chunks, so that memory holds a strip and not the picture.
 */

import { fail, ok, type Result } from '../../base/result.ts';
import type { Size } from '../../picture/geometry.ts';
import type { Depth, PixelBlock } from '../../picture/pixel-store.ts';
import { crc32 } from './crc32.ts';
import { filterRow } from './filter.ts';
import { PNG_MAX_SIDE, PNG_SIGNATURE } from './structure.ts';

export interface PngSource extends Size {
  readonly depth: Depth;
  /** False leaves the alpha channel out: the file then holds RGB. */
  readonly alpha: boolean;
  /** Rows `y` to `y + height` over the full width. Called from the top down, one call at a time. */
  read(y: number, height: number): Promise<Result<PixelBlock>>;
}

/** Unfiltered bytes of one strip, and compressed bytes of one IDAT chunk. */
const STRIP_BYTES = 2 ** 20;
const CHUNK_BYTES = 2 ** 19;

/** Rows of `width` pixels that make a strip of moderate size; at least one. */
export function rowsInStrip(width: number): number {
  return Math.max(1, Math.floor(STRIP_BYTES / (width * 4)));
}

/**
 * A PNG file of the source's pixels, lossless: RGBA with straight alpha, or RGB, 8 or 16 bits a sample
 * as the source has them. A failure of the source is handed on; `output-too-large` beyond PNG's sides.
 */
export async function writePng(source: PngSource): Promise<Result<Blob>> {
  const { width, height, depth, alpha } = source;
  if (width < 1 || height < 1 || width > PNG_MAX_SIDE || height > PNG_MAX_SIDE) {
    return fail('output-too-large', `A PNG file cannot hold ${width} x ${height} pixels.`, { width, height });
  }
  const deflate = new CompressionStream('deflate');
  const data = collect(deflate.readable);
  // Handled below; without this an error of the stream would be reported twice.
  data.catch(() => undefined);
  const writer = deflate.writable.getWriter();
  const packed = await packRows(source, writer);
  if (!packed.ok) {
    await writer.abort().catch(() => undefined);
    return packed;
  }
  await writer.close();
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([depth, alpha ? 6 : 2], 8);
  const parts = [PNG_SIGNATURE, ...chunk('IHDR', [header]), ...(await data), ...chunk('IEND', [])];
  return ok(new Blob(parts, { type: 'image/png' }));
}

async function packRows(
  source: PngSource,
  writer: WritableStreamDefaultWriter<BufferSource>,
): Promise<Result<null>> {
  const { width, height, depth, alpha } = source;
  const step = (alpha ? 4 : 3) * (depth / 8);
  const strip = rowsInStrip(width);
  let above = new Uint8Array(width * step);
  let row = new Uint8Array(width * step);
  for (let y = 0; y < height; y += strip) {
    const rows = Math.min(strip, height - y);
    const block = await source.read(y, rows);
    if (!block.ok) return block;
    const out = new Uint8Array(rows * (row.length + 1));
    for (let i = 0; i < rows; i++) {
      packRow(block.value, i, alpha, row);
      filterRow(row, above, step, out.subarray(i * (row.length + 1), (i + 1) * (row.length + 1)));
      [above, row] = [row, above];
    }
    await writer.ready;
    // Not awaited: the stream compresses this strip while the next one is read and filtered.
    writer.write(out).catch(() => undefined);
  }
  return ok(null);
}

/** One row as PNG stores it: samples of 16 bits with the high byte first, alpha left out on request. */
function packRow({ data, width }: PixelBlock, y: number, alpha: boolean, row: Uint8Array): void {
  const start = y * width * 4;
  const channels = alpha ? 4 : 3;
  if (data instanceof Uint16Array) {
    for (let x = 0, to = 0, from = start; x < width; x++, from += 4) {
      for (let c = 0; c < channels; c++) {
        const sample = data[from + c] as number;
        row[to++] = sample >> 8;
        row[to++] = sample;
      }
    }
  } else if (alpha) {
    row.set(data.subarray(start, start + width * 4));
  } else {
    for (let x = 0, to = 0, from = start; x < width; x++, from += 4, to += 3) {
      row[to] = data[from] as number;
      row[to + 1] = data[from + 1] as number;
      row[to + 2] = data[from + 2] as number;
    }
  }
}

/** Gathers compressed bytes into IDAT chunks, each handed to a Blob so that it can leave memory. */
async function collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<BlobPart[]> {
  const parts: BlobPart[] = [];
  let pending: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (value) {
      pending.push(value);
      bytes += value.length;
    }
    if (bytes >= CHUNK_BYTES || (done && bytes > 0)) {
      parts.push(new Blob(chunk('IDAT', pending)));
      [pending, bytes] = [[], 0];
    }
    if (done) return parts;
  }
}

/** Length, name, data and checksum. */
function chunk(name: string, data: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer>[] {
  const head = new Uint8Array(8);
  const length = data.reduce((sum, piece) => sum + piece.length, 0);
  new DataView(head.buffer).setUint32(0, length);
  for (let i = 0; i < 4; i++) head[4 + i] = name.charCodeAt(i);
  const tail = new Uint8Array(4);
  const sum = data.reduce((before, piece) => crc32(piece, before), crc32(head.subarray(4)));
  new DataView(tail.buffer).setUint32(0, sum);
  return [head, ...data, tail];
}
