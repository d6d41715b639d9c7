/** The words of the library screen in the page's language: apart from `en.ts`, as the first paint needs none of them. */

import { libraryWords } from './en-library.ts';
import type { Text } from './en.ts';

type LibraryText = ReturnType<typeof libraryWords>;

export function libraryText({ format }: Text): LibraryText {
  return libraryWords(format);
}
