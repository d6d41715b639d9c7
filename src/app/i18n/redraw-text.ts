/** The words of redrawing in the page's language: apart from `en.ts`, as the first paint needs none of them. */

import { redrawWords } from './en-redraw.ts';
import type { Text } from './en.ts';

export function redrawText({ format }: Text): ReturnType<typeof redrawWords> {
  return redrawWords(format);
}
