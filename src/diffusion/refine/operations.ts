/** Everything that refining asks of networks, in order: one operation is one call of one network. */

import type { Canvas } from './canvas.ts';

export type Operation =
  | { readonly kind: 'text'; readonly chunk: number }
  | { readonly kind: 'encode'; readonly canvas: number; readonly tile: number }
  | {
      readonly kind: 'predict';
      readonly canvas: number;
      readonly evaluation: number;
      readonly tile: number;
      /** 0: the prompt; 1: the negative prompt, of a guided model. */
      readonly branch: number;
    }
  | { readonly kind: 'decode'; readonly canvas: number; readonly tile: number };

export interface Amounts {
  readonly chunks: number;
  /** 2 with a negative prompt, else 1. */
  readonly branches: number;
  /** Whether a canvas is finished before the next one begins, because that sees what became of it. */
  readonly inTurn: boolean;
  /** Whether denoising starts from noise alone, so that nothing is encoded. */
  readonly fromNoise?: boolean;
}

/**
 * One part after another over all canvases, so that only one of them has to be loaded: texts, then encoding, denoising, decoding. In turn
 * it is canvas after canvas.
 */
export function operationsOf(
  canvases: readonly Canvas[],
  { chunks, branches, inTurn, fromNoise = false }: Amounts,
): Operation[] {
  const texts = Array.from({ length: chunks }, (_, chunk): Operation => ({ kind: 'text', chunk }));
  const all = canvases.map((canvas, index) => [
    fromNoise ? [] : vaeOperations('encode', canvas, index),
    predictions(canvas, index, branches),
    vaeOperations('decode', canvas, index),
  ]);
  if (inTurn) return [...texts, ...all.flat(2)];
  return [...texts, ...[0, 1, 2].flatMap((part) => all.flatMap((own) => own[part] ?? []))];
}

function vaeOperations(kind: 'encode' | 'decode', { vae }: Canvas, canvas: number): Operation[] {
  return vae.tiles.map((_, tile) => ({ kind, canvas, tile }));
}

function predictions({ grid, steps }: Canvas, canvas: number, branches: number): Operation[] {
  const operations: Operation[] = [];
  for (let evaluation = 0; evaluation < steps.evaluations; evaluation++) {
    for (const tile of grid.tiles.keys()) {
      for (let branch = 0; branch < branches; branch++) {
        operations.push({ kind: 'predict', canvas, evaluation, tile, branch });
      }
    }
  }
  return operations;
}
