import type { Result } from '../../src/base/result.ts';

/** For scripts: a failure ends the program with its message. */
export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}
