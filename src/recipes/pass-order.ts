/** Which pass reads what, and so how long each result has to be kept. */

import type { Pass, PassSource } from './passes.ts';

/** What pass `index` reads: one source, or two. */
export function sourcesOf(passes: readonly Pass[], index: number): readonly PassSource[] {
  const pass = passes[index];
  if (!pass) return [];
  const from = pass.from ?? before(index);
  return 'other' in pass ? [from, pass.other] : [from];
}

/** Indices of the passes whose outputs nobody reads after pass `index`, which was the last to. */
export function freedBy(passes: readonly Pass[], index: number): number[] {
  const later = passes.slice(index + 1).flatMap((_, i) => sourcesOf(passes, index + 1 + i));
  return sourcesOf(passes, index).filter(
    (source): source is number => source !== 'picture' && !later.includes(source),
  );
}

/** Indices of the passes whose outputs are held while pass `index` runs, its own among them. */
export function heldDuring(passes: readonly Pass[], index: number): number[] {
  const freed = new Set(passes.slice(0, index).flatMap((_, i) => freedBy(passes, i)));
  return passes.slice(0, index + 1).flatMap((_, i) => (freed.has(i) ? [] : [i]));
}

/** The passes of one step that lead to `source`, in the order in which they run; of two inputs the first is followed. */
export function chainTo(passes: readonly Pass[], source: PassSource, step: number): Pass[] {
  const chain: Pass[] = [];
  for (let at = source; at !== 'picture';) {
    const pass = passes[at];
    if (pass?.step !== step) break;
    chain.unshift(pass);
    at = pass.from ?? before(at);
  }
  return chain;
}

/** The source of a pass that names none. */
export function before(index: number): PassSource {
  return index === 0 ? 'picture' : index - 1;
}
