/** Files to pictures and back. One heavy piece of work at a time, so that memory holds one picture. */

import { transfer } from 'comlink';
import { ok, type Result } from '../../src/base/result.ts';
import { SerialQueue } from '../../src/base/serial-queue.ts';
import type {
  CodecApi,
  DecodedPicture,
  PictureInfo,
  SaveFormat,
  SaveOptions,
} from '../../src/protocol/codec.ts';
import { bitmapOf, decodeFile } from './decode.ts';
import { encodeOnCanvas } from './encode-canvas.ts';
import { encodePng } from './encode-png.ts';
import { checkFits, limitsOf, type Limits } from './limits.ts';
import { inspectFile, openFile } from './open-file.ts';
import { scaledUpright, sizeInSquare } from './preview.ts';
import { ShelfLink } from './shelf-link.ts';
import { Strips } from './strips.ts';

export class Codec implements CodecApi {
  readonly #shelf: ShelfLink;
  readonly #queue = new SerialQueue();

  constructor(shelf = new ShelfLink()) {
    this.#shelf = shelf;
  }

  connect(port: MessagePort): Promise<void> {
    this.#shelf.connect(port);
    return Promise.resolve();
  }

  async inspect(file: Blob): Promise<Result<Omit<PictureInfo, 'opaque'>>> {
    const found = await inspectFile(file);
    if (!found.ok) return found;
    const { kind, width, height } = found.value;
    return ok({ format: kind, width, height });
  }

  thumbnail(file: Blob, side: number): Promise<Result<ImageBitmap>> {
    return this.#queue.run(async () => {
      const opened = await openFile(file);
      if (!opened.ok) return opened;
      const bitmap = await bitmapOf(opened.value);
      if (!bitmap.ok) return bitmap;
      const size = sizeInSquare(bitmap.value, Math.max(1, side));
      const small = await scaledUpright(opened.value, bitmap.value, size);
      bitmap.value.close();
      return transfer(ok(small), [small]);
    });
  }

  decode(file: Blob, pictureId: string, previewPixels: number): Promise<Result<DecodedPicture>> {
    return this.#queue.run(async () => {
      const opened = await openFile(file);
      if (!opened.ok) return opened;
      const decoded = await decodeFile(opened.value, previewPixels);
      if (!decoded.ok) return decoded;
      const { block, opaque, exact, preview } = decoded.value;
      const { width, height } = block;
      const put = await this.#shelf.put(pictureId, block);
      if (!put.ok) return put;
      return transfer(ok({ format: opened.value.kind, width, height, opaque, exact, preview }), [preview]);
    });
  }

  encode(pictureId: string, { format, quality }: SaveOptions): Promise<Result<Blob>> {
    return this.#queue.run(async () => {
      const size = await this.#shelf.size(pictureId);
      if (!size.ok) return size;
      const fits = await checkFits(format, size.value);
      if (!fits.ok) return fits;
      const strips = new Strips(this.#shelf, pictureId, size.value);
      return format === 'png' ? encodePng(strips) : encodeOnCanvas(strips, format, quality);
    });
  }

  limits(format: SaveFormat): Promise<Result<Limits>> {
    return limitsOf(format);
  }
}
