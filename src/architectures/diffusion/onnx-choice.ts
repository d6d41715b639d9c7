/** Which of several ready-made graphs stands for each part. */

import { fail, ok, type Result } from '../../base/result.ts';
import type { ReadyKind } from './onnx-ends.ts';
import type { ReadyPart } from './onnx-part.ts';

export type ReadyParts = Readonly<Partial<Record<ReadyKind, ReadyPart>>>;

const kinds = {
  'text-encoder': 'text encoders',
  unet: 'UNets',
  'vae-encoder': "VAE's encoders",
  'vae-decoder': "VAE's decoders",
} as const;

/**
 * Of graphs in one folder, which are one in several precisions, the smallest. `known` are parts that tensors make, which are taken
 * before graphs. Failures: `model-unsupported` where graphs of several folders are one part.
 */
export function chooseReady(
  parts: readonly ReadyPart[],
  known: (kind: ReadyKind) => boolean,
): Result<ReadyParts> {
  const chosen: Partial<Record<ReadyKind, ReadyPart>> = {};
  for (const kind of ['text-encoder', 'unet', 'vae-encoder', 'vae-decoder'] as const) {
    if (known(kind)) continue;
    const [first, ...others] = parts
      .filter((part) => part.kind === kind)
      .toSorted((a, b) => bytesOf(a) - bytesOf(b));
    if (!first) continue;
    const foreign = others.find(({ from }) => folderOf(from) !== folderOf(first.from));
    if (foreign) return refuseSeveral(kind, [first.from, foreign.from]);
    chosen[kind] = first;
  }
  return ok(chosen);
}

function bytesOf({ graph }: ReadyPart): number {
  return graph.header.table.blob.size;
}

function folderOf(path: string): string {
  return path.replace(/[^/\\]*$/, '');
}

function refuseSeveral(kind: ReadyKind, paths: readonly string[]): Result<never> {
  const what = kinds[kind];
  const names = paths.map((path) => `"${path}"`).join(', ');
  return fail(
    'model-unsupported',
    `There are several ${what}: ${names}. Give one of them, or name the one that is meant in the recipe.`,
    { reason: 'several', what, names },
  );
}
