/** What the browser tells of this device, as the estimate of memory asks for it. */

import type { FitDevice } from '../../models/diffusion-fit.ts';
import type { BackendReport } from '../../protocol/backend.ts';

/** Null before the device has been looked at. */
export function fitDevice(report: BackendReport | null): FitDevice | null {
  if (!report) return null;
  const memory: unknown = 'deviceMemory' in navigator ? navigator.deviceMemory : undefined;
  return {
    backend: report.backend,
    half: report.precision === 'fp16',
    memory: typeof memory === 'number' ? memory : null,
    phone: matchMedia('(pointer: coarse)').matches,
  };
}
