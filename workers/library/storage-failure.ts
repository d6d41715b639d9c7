/** What the browser's storage throws, as failures that say what is wrong and what helps. */

import { failure } from '../../src/base/result.ts';
import type { Failure } from '../../src/base/errors.ts';

export interface Space {
  readonly used: number;
  readonly quota: number;
}

/** What this site uses and may use; null where the browser does not say. */
export async function measureSpace(): Promise<Space | null> {
  try {
    const { usage, quota } = await navigator.storage.estimate();
    return usage === undefined || quota === undefined ? null : { used: usage, quota };
  } catch {
    return null;
  }
}

/** `needed`: bytes that were to be written; 0 when reading failed. */
export async function storageFailure(thrown: unknown, needed: number): Promise<Failure> {
  if (nameOf(thrown) === 'QuotaExceededError') {
    const space = await measureSpace();
    const free = space ? Math.max(0, space.quota - space.used) : null;
    const room = free === null ? '' : `, of which ${megabytes(free)} are free`;
    return failure(
      'storage-full',
      `The storage that the browser gives to this site is full: ${megabytes(needed)} are needed${room}. The model works now, but has to be fetched again at the next visit; free disk space to keep it.`,
      { needed, ...(free === null ? {} : { free }) },
    );
  }
  return failure(
    'storage-unavailable',
    `The browser's storage cannot be used (${describe(thrown)}). The model works now, but has to be fetched again at the next visit; allow this site to store data, or leave private browsing.`,
    { cause: describe(thrown) },
  );
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** DOMException is not an Error everywhere. */
function nameOf(thrown: unknown): string | null {
  if (typeof thrown !== 'object' || thrown === null || !('name' in thrown)) return null;
  return typeof thrown.name === 'string' ? thrown.name : null;
}

function describe(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message || thrown.name;
  return nameOf(thrown) ?? String(thrown);
}
