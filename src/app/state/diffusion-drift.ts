/** How far a part in fewer bits is from its original, or from 8 bits where the original does not fit the device. */

import type { StoredPart } from '../../architectures/diffusion/store-parts.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { EngineClient } from '../../clients/engine.ts';
import type { NamedBlob } from '../../formats/weights-file.ts';
import type { DiffusionKind } from '../../models/diffusion-entry.ts';
import type { BackendReport } from '../../protocol/backend.ts';

export interface DriftFigure {
  /** Null where it could not be measured. */
  readonly drift: number | null;
  readonly against: 'original' | 'q8';
  readonly backend: BackendReport['backend'] | null;
}

export interface DriftOrder {
  readonly part: 'unet' | 'text-encoder' | 'vae';
  /** Null where it is known not to fit. */
  readonly original: readonly NamedBlob[] | null;
  /** The part in 8 bits, to measure against where the original does not fit. */
  readonly eight: readonly NamedBlob[] | null;
  readonly variant: readonly NamedBlob[];
  /** Called before each run with what cancels it; false where none shall begin. */
  readonly begin: (jobId: string) => boolean;
}

/** Ids must differ, also between two times that the sheet is open. */
let count = 0;

/** Failures: those of `EngineApi.drift`, but for memory that does not suffice: that is no figure. */
export async function driftOf(
  engine: Pick<EngineClient, 'drift'>,
  { part, original, eight, variant, begin }: DriftOrder,
): Promise<Result<DriftFigure>> {
  for (const [against, files] of [
    ['original', original],
    ['q8', eight],
  ] as const) {
    if (!files) continue;
    const jobId = `smaller-${++count}`;
    if (!begin(jobId)) return fail('cancelled', 'It was stopped.');
    const drift = await engine.drift({ part, original: files, variant, jobId });
    if (drift.ok) return ok({ drift: drift.value.relative, against, backend: drift.value.backend });
    if (drift.error.code !== 'out-of-memory') return drift;
  }
  return ok({ drift: null, against: 'original', backend: null });
}

/** What an entry calls the part. */
export function kindsOf(part: StoredPart): readonly DiffusionKind[] {
  return part === 'vae' ? ['vae-encoder', 'vae-decoder'] : [part];
}
