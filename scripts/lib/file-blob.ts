/**
 * A file as a Blob of any size: Node 20's own (`openAsBlob`) takes sizes modulo 4 GiB. For reading only: such a
 * Blob cannot become a part of another one.
 */

import { open, stat } from 'node:fs/promises';

const pieceBytes = 1 << 20;

export class FileBlob extends Blob {
  readonly #path: string;
  readonly #start: number;
  readonly #end: number;

  constructor(path: string, start: number, end: number) {
    super();
    this.#path = path;
    this.#start = start;
    this.#end = end;
  }

  override get size(): number {
    return this.#end - this.#start;
  }

  override slice(start = 0, end = this.size): FileBlob {
    const at = (offset: number): number =>
      this.#start + Math.max(0, Math.min(this.size, offset < 0 ? this.size + offset : offset));
    return new FileBlob(this.#path, at(start), Math.max(at(start), at(end)));
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    const bytes = new Uint8Array(this.size);
    const file = await open(this.#path);
    try {
      for (let read = 0; read < bytes.length;) {
        const { bytesRead } = await file.read(bytes, read, bytes.length - read, this.#start + read);
        if (bytesRead === 0) throw new DOMException('The file became shorter.', 'NotReadableError');
        read += bytesRead;
      }
    } finally {
      await file.close();
    }
    return bytes.buffer;
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    let at = 0;
    return new ReadableStream({
      pull: async (controller) => {
        const piece = this.slice(at, at + pieceBytes);
        at += piece.size;
        if (piece.size === 0) controller.close();
        else controller.enqueue(new Uint8Array(await piece.arrayBuffer()));
      },
    });
  }

  override async text(): Promise<string> {
    return new TextDecoder().decode(await this.arrayBuffer());
  }
}

/** The whole file. Throws what the file system throws when there is none. */
export async function fileBlob(path: string): Promise<FileBlob> {
  return new FileBlob(path, 0, (await stat(path)).size);
}
