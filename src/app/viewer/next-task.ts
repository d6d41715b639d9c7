/** Lets the page breathe: the promise resolves in a task of its own, after input and drawing. */

interface Yielding {
  yield(): Promise<void>;
}

export function nextTask(): Promise<void> {
  const scheduler: unknown = 'scheduler' in globalThis ? globalThis.scheduler : undefined;
  if (canYield(scheduler)) return scheduler.yield();
  return new Promise((resolve) => setTimeout(resolve, 0));
}

function canYield(scheduler: unknown): scheduler is Yielding {
  return typeof scheduler === 'object' && scheduler !== null && 'yield' in scheduler;
}
