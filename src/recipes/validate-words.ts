/** What a strict object says of something else, of a missing key, and of one too many. */

import type * as v from 'valibot';

export function unexpected(issue: v.StrictObjectIssue): string {
  if (!isRecord(issue.input) && issue.expected === 'Object') return 'must be an object';
  return issue.expected === 'never' ? 'is not known' : 'is missing';
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
