/** Web Locks, by which tabs of one site leave each other's writing alone; the browser frees those of a tab or worker that died. */

/** Does `work` while the lock is held. Where there are no locks, or they may not be used, it is done all the same. */
export async function withLock<T>(
  name: string,
  mode: LockMode,
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  if (!hasLocks()) return work();
  let begun = false;
  try {
    return await navigator.locks.request(name, { mode, ...(signal && { signal }) }, () => {
      begun = true;
      return work();
    });
  } catch (thrown) {
    if (begun || signal?.aborted) throw thrown;
    return work();
  }
}

/** Does `work` if nobody holds the lock, and tells whether; never without locks. */
export async function ifFree(name: string, work: () => Promise<void>): Promise<boolean> {
  if (!hasLocks()) return false;
  return navigator.locks.request(name, { ifAvailable: true }, async (lock) => {
    if (lock) await work();
    return lock !== null;
  });
}

function hasLocks(): boolean {
  return typeof navigator === 'object' && 'locks' in navigator;
}
