/** Reads the weights of a PyTorch file (.pth, .pt, .ckpt, .bin) without running anything that is in it. */

import { type Result } from '../../base/result.ts';
import { whileReadable } from '../readable.ts';
import type { TensorTable } from '../tensor-table.ts';
import type { ZipEntry } from '../zip/reader.ts';
import { damaged, unsupported } from './damaged.ts';
import { BadPickle, PickleCut } from './pickle.ts';
import { readStreamFile } from './stream-file.ts';
import { readZipFile } from './zip-file.ts';

/** An archive of which `pickle` is the `data.pkl`. Failures: `model-damaged`, `model-unsupported`. */
export async function readPthZip(
  blob: Blob,
  entries: readonly ZipEntry[],
  pickle: ZipEntry,
): Promise<Result<TensorTable>> {
  return guarded(() => readZipFile(blob, entries, pickle));
}

/** A file from before PyTorch 1.6. Failures: `model-damaged`, `model-unsupported`. */
export async function readPthStream(blob: Blob): Promise<Result<TensorTable>> {
  return guarded(() => readStreamFile(blob));
}

/** Whether these first bytes (two are enough) begin a pickle. */
export function looksLikePickle(head: Uint8Array): boolean {
  return head[0] === 0x80 && (head[1] ?? 255) <= 5;
}

async function guarded(read: () => Promise<Result<TensorTable>>): Promise<Result<TensorTable>> {
  return whileReadable(async () => {
    try {
      const table = await read();
      return table.ok && table.value.tensors.size === 0
        ? unsupported('This PyTorch file holds no weights', 'Choose the file with the model in it.', 'empty')
        : table;
    } catch (thrown) {
      if (thrown instanceof PickleCut) return damaged(thrown.message, 'truncated');
      if (thrown instanceof BadPickle) return damaged(thrown.message, 'pickle');
      throw thrown;
    }
  });
}
