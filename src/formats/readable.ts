/** A Blob may stand for a file that is changed, moved or deleted while it is read: an expected failure. */

import { fail, type Result } from '../base/result.ts';

/** Runs a reader; a Blob that can no longer be read becomes `model-damaged`. Everything else that is thrown stays thrown. */
export async function whileReadable<T>(read: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await read();
  } catch (thrown) {
    if (!(thrown instanceof DOMException)) throw thrown;
    return fail(
      'model-damaged',
      `The file cannot be read any more (${thrown.name}). It may have been changed or moved: choose it again.`,
      { reason: 'unreadable' },
    );
  }
}
