/** The letters in which byte-pair vocabularies of the GPT-2 kind write bytes: each byte a visible character. */

/** Bytes that stand for themselves as Latin-1 characters; the others follow, from U+0100 on. */
const visible: readonly (readonly [number, number])[] = [
  [0x21, 0x7e],
  [0xa1, 0xac],
  [0xae, 0xff],
];

/**
 * The 256 characters in the vocabulary's order: first the bytes that are visible themselves, then the others in
 * ascending order, as U+0100 and up. Source: Radford et al. 2019, https://github.com/openai/gpt-2.
 */
export function byteSymbols(): readonly { readonly byte: number; readonly symbol: string }[] {
  const own: number[] = [];
  for (const [first, last] of visible) for (let byte = first; byte <= last; byte++) own.push(byte);
  const known = new Set(own);
  const others = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => !known.has(byte));
  return [
    ...own.map((byte) => ({ byte, symbol: String.fromCodePoint(byte) })),
    ...others.map((byte, index) => ({ byte, symbol: String.fromCodePoint(0x100 + index) })),
  ];
}
