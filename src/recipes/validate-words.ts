/** What several kinds of steps say, and what is wrong with it when it is. */

import * as v from 'valibot';

/** The words of an object that has too much, too little, or is none. */
export function unexpected(issue: v.StrictObjectIssue): string {
  if (!isRecord(issue.input) && issue.expected === 'Object') return 'must be an object';
  return issue.expected === 'never' ? 'is not known' : 'is missing';
}

/** Whether fields can be read of it; lists are records too. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

export const text = v.string('must be a text');
export const file = v.pipe(text, v.minLength(1, 'must be the name of a file'));

/** A number from `least` to `greatest`, both of them too. */
export function from(least: number, greatest: number): v.GenericSchema<number> {
  return v.pipe(
    v.number('must be a number'),
    v.minValue(least, `must be at least ${least}`),
    v.maxValue(greatest, `must be at most ${greatest}`),
  );
}

/** A whole number from `least` to `greatest` that is a multiple of `step`. */
export function whole(least: number, greatest: number, step = 1): v.GenericSchema<number> {
  return v.pipe(
    from(least, greatest),
    v.integer('must be a whole number'),
    v.multipleOf(step, `must be a multiple of ${step}`),
  );
}

/** One of a few words. */
export function oneOf<const T extends readonly string[]>(words: T): v.GenericSchema<T[number]> {
  return v.picklist(words, `must be one of ${words.join(', ')}`);
}
