/** What the page asks of the codec worker: files to pictures and back. */

import type { Result } from '../base/result.ts';
import type { Size } from '../picture/geometry.ts';

export type PictureFormat = 'png' | 'jpeg' | 'webp' | 'avif' | 'gif' | 'bmp' | 'ico';
export type SaveFormat = 'png' | 'jpeg' | 'webp';

export interface PictureInfo extends Size {
  /** Width and height are as seen, with the EXIF orientation applied. */
  readonly format: PictureFormat;
  /** False when any pixel is at all transparent. */
  readonly opaque: boolean;
}

export interface DecodedPicture extends PictureInfo {
  /** False where this browser rounds the colours of almost transparent pixels (no WebGL, and not a PNG). */
  readonly exact: boolean;
  /** The picture for the viewer, at most `previewPixels` large (transferred). */
  readonly preview: ImageBitmap;
}

export interface SaveOptions {
  readonly format: SaveFormat;
  /** 0 to 1, for jpeg and webp. */
  readonly quality: number;
}

export interface CodecApi {
  /** Connects to the engine's shelf; a new port replaces the old one. */
  connect(port: MessagePort): Promise<void>;
  /** Reads width, height and format from the head of the file, without decoding. */
  inspect(file: Blob): Promise<Result<Omit<PictureInfo, 'opaque'>>>;
  /** A small picture for the film strip. */
  thumbnail(file: Blob, side: number): Promise<Result<ImageBitmap>>;
  /** Decodes and puts the pixels on the engine's shelf. */
  decode(file: Blob, pictureId: string, previewPixels: number): Promise<Result<DecodedPicture>>;
  /** Encodes a picture from the engine's shelf. */
  encode(pictureId: string, options: SaveOptions): Promise<Result<Blob>>;
  /** Whether this browser can write the format, and the largest picture it can write. */
  limits(format: SaveFormat): Promise<Result<{ readonly side: number; readonly pixels: number }>>;
}
