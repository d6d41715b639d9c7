/** Which of several files a part is taken from. */

import { fail, ok, type Result } from '../../base/result.ts';
import type { TensorTable } from '../../formats/tensor-table.ts';

export interface Candidate {
  /** Of the file, with its folders where they are known. */
  readonly from: string;
  readonly table: TensorTable;
  /** How many parts the file holds: one of its own was meant more than one that came with a checkpoint. */
  readonly beside: number;
}

/** What a folder in diffusers' layout calls its weights; the same ones may be there in several formats. */
const folderFile = /^(diffusion_pytorch_model|pytorch_model|model)\.([\w-]+\.)?(safetensors|bin)$/;

/**
 * The candidate from the file with the fewest parts; of the same weights in several formats the smallest. `what` completes "There are
 * several ...". Failures: `model-unsupported` where files differ and nothing tells which is meant.
 */
export function choosePart<C extends Candidate>(candidates: readonly C[], what: string): Result<C | null> {
  const fewest = Math.min(...candidates.map(({ beside }) => beside));
  const own = candidates.filter(({ beside }) => beside === fewest);
  const [first = null, ...others] = own.toSorted((a, b) => cost(a) - cost(b));
  if (first === null || others.every((other) => variants(first.from, other.from))) return ok(first);
  const names = own.slice(0, 4).map(({ from }) => `"${from}"`);
  return fail(
    'model-unsupported',
    `There are several ${what}: ${names.join(', ')}. Give one of them, or name the one that is meant in the recipe.`,
    { reason: 'several', what, names: names.join(', ') },
  );
}

function variants(a: string, b: string): boolean {
  const [folder, name] = pathOf(a);
  const [otherFolder, otherName] = pathOf(b);
  return folder === otherFolder && folderFile.test(name) && folderFile.test(otherName);
}

function pathOf(path: string): [folder: string, name: string] {
  const slash = path.replaceAll('\\', '/').lastIndexOf('/');
  return [path.slice(0, slash + 1), path.slice(slash + 1)];
}

/** Bytes; those of a training that was not averaged, and pickles, come after others of the same size. */
function cost({ from, table }: Candidate): number {
  const bytes = [...table.tensors.values()].reduce((sum, entry) => sum + entry.bytes, 0);
  return bytes + (from.includes('non_ema') ? 0.5 : 0) + (from.endsWith('.safetensors') ? 0 : 0.25);
}
