/** The page's side of the codec worker. */

import { transfer } from 'comlink';
import type { Result } from '../base/result.ts';
import type { CodecApi, DecodedPicture, PictureInfo, SaveFormat, SaveOptions } from '../protocol/codec.ts';
import { WorkerClient } from './worker-client.ts';

export interface CodecClientOptions {
  readonly spawn?: () => Worker;
  /**
   * Called when a dead worker has been replaced. Whoever owns the engine then opens a new port and
   * gives it to `connect`; calls that need the engine wait in the worker until it has come.
   */
  readonly onRestart?: () => void;
}

export class CodecClient {
  readonly #worker: WorkerClient<CodecApi>;

  constructor({ spawn = spawnCodec, onRestart }: CodecClientOptions = {}) {
    let workers = 0;
    this.#worker = new WorkerClient<CodecApi>(spawn, () => {
      // Later, so that the restart is over when `connect` is called.
      if (++workers > 1) queueMicrotask(() => onRestart?.());
      return Promise.resolve();
    });
  }

  /** Connects the worker to the engine's shelf; a new port replaces the old one. */
  connect(port: MessagePort): Promise<Result<void>> {
    return this.#worker.attempt((api) => api.connect(transfer(port, [port])));
  }

  /** Width, height and format, without decoding. */
  inspect(file: Blob): Promise<Result<Omit<PictureInfo, 'opaque'>>> {
    return this.#worker.call((api) => api.inspect(file));
  }

  /** A small picture that fits a square of `side` pixels. */
  thumbnail(file: Blob, side: number): Promise<Result<ImageBitmap>> {
    return this.#worker.call((api) => api.thumbnail(file, side));
  }

  /** Decodes a file and puts its pixels on the engine's shelf under `pictureId`. */
  decode(file: Blob, pictureId: string, previewPixels: number): Promise<Result<DecodedPicture>> {
    return this.#worker.call((api) => api.decode(file, pictureId, previewPixels));
  }

  /** Encodes a picture from the engine's shelf. JPEG lays transparent pictures over white. */
  encode(pictureId: string, options: SaveOptions): Promise<Result<Blob>> {
    return this.#worker.call((api) => api.encode(pictureId, options));
  }

  /** The largest picture of a format here; `format-unsupported` when this browser cannot write it. */
  limits(format: SaveFormat): Promise<Result<{ readonly side: number; readonly pixels: number }>> {
    return this.#worker.call((api) => api.limits(format));
  }

  /** Ends the worker; the next call starts a new one. */
  end(): void {
    this.#worker.end();
  }
}

function spawnCodec(): Worker {
  return new Worker(new URL('../../workers/codec/codec.worker.ts', import.meta.url), {
    type: 'module',
    name: 'codec',
  });
}
