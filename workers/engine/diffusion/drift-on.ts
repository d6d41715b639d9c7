/** The comparison of two versions of a part on the backend in use. */

import { ok, type Result } from '../../../src/base/result.ts';
import type { Drift, DriftRequest } from '../../../src/protocol/drift.ts';
import type { Backend } from '../backend.ts';
import type { JobControl } from '../jobs/control.ts';
import { measureDrift } from './drift.ts';
import { partOpener } from './part-session.ts';

/** Failures: those of `measureDrift`. */
export async function driftOn(
  backend: Backend,
  request: DriftRequest,
  control: JobControl,
): Promise<Result<Drift>> {
  const { backend: name, precision } = backend.report;
  const measured = await measureDrift(request, {
    precision: name === 'webgpu' ? precision : 'fp32',
    flash: name === 'webgpu' && backend.gpu?.device.features.has('subgroups') === true,
    // The CPU widens what is written in halves.
    halves: name === 'wasm' || precision === 'fp16',
    open: partOpener(backend, { backend: name, device: backend.gpu?.device ?? null }),
    cancelled: async () => {
      await control.turn(() => undefined);
      return control.cancelled;
    },
  });
  return measured.ok ? ok({ relative: measured.value, backend: name }) : measured;
}
