/** The words of the library screen in the page's language: apart from `en.ts`, as the first paint needs none of them. */

import { libraryWords } from './en-library.ts';
import { smallerWords } from './en-smaller.ts';
import type { Text } from './en.ts';

type LibraryText = ReturnType<typeof libraryWords>;

export function libraryText({ format }: Text): LibraryText {
  return libraryWords(format);
}

export function smallerText({ format }: Text): ReturnType<typeof smallerWords> {
  return smallerWords(format);
}
