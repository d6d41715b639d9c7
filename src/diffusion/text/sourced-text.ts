/** A text each of whose UTF-16 units knows its place in the prompt that it was made from. */

export interface SourcedText {
  readonly text: string;
  /** `origins[i]`: the offset in the prompt that `text[i]` came from; as many as the text has units. */
  readonly origins: readonly number[];
}

/** A prompt itself: every unit comes from its own place. */
export function sourced(text: string): SourcedText {
  return { text, origins: Array.from({ length: text.length }, (_, index) => index) };
}

/** The part from `start` to before `end`; `end` is the text's own where it is left out. */
export function sliced({ text, origins }: SourcedText, start: number, end = text.length): SourcedText {
  return { text: text.slice(start, end), origins: origins.slice(start, end) };
}

/** The parts one after the other. */
export function joined(parts: readonly SourcedText[]): SourcedText {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  return {
    text: parts.map(({ text }) => text).join(''),
    origins: parts.flatMap(({ origins }) => origins),
  };
}
