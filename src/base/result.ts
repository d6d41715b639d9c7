/** Expected failures are values: a function that can fail returns one of these. */

import type { ErrorCode, Failure } from './errors.ts';

export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Failure };

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function fail(
  code: ErrorCode,
  message: string,
  detail?: Readonly<Record<string, string | number | boolean>>,
): Result<never> {
  return { ok: false, error: failure(code, message, detail) };
}

export function failure(
  code: ErrorCode,
  message: string,
  detail?: Readonly<Record<string, string | number | boolean>>,
): Failure {
  return detail === undefined ? { code, message } : { code, message, detail };
}

/** Turns whatever was thrown into a failure; only bugs should ever need this. */
export function fromThrown(thrown: unknown): Failure {
  const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  return failure('internal', message);
}
