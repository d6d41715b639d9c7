/**
 * Measured speeds, remembered per device (backend, precision and adapter): a time is shown at once on
 * the next visit. Pure reading and writing; whatever was stored is checked.
 */

import type { BackendReport, Measurement } from '../../protocol/backend.ts';

/** Device key → model id → input pixels a second. */
export type Speeds = Readonly<Record<string, Readonly<Record<string, number>>>>;

const devicesKept = 6;

export function deviceKey(report: BackendReport): string {
  const { backend, precision, threads, adapter } = report;
  const hardware =
    backend === 'wasm'
      ? `${threads} threads`
      : [adapter?.vendor, adapter?.architecture, adapter?.description].filter(Boolean).join(' ');
  return `${backend} ${precision} ${hardware}`;
}

export function parseSpeeds(stored: unknown): Speeds {
  const speeds: Record<string, Record<string, number>> = {};
  for (const [device, models] of entriesOf(stored)) {
    const read = entriesOf(models).filter(
      (entry): entry is [string, number] => typeof entry[1] === 'number' && entry[1] > 0,
    );
    if (read.length > 0) speeds[device] = Object.fromEntries(read);
  }
  return speeds;
}

export function withSpeed(speeds: Speeds, device: string, { model, pixelsPerSecond }: Measurement): Speeds {
  const { [device]: known, ...others } = speeds;
  const kept = Object.entries(others).slice(-(devicesKept - 1));
  return { ...Object.fromEntries(kept), [device]: { ...known, [model]: pixelsPerSecond } };
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}
