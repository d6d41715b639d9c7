/** Tags such as <lora:name:0.8>: taken out of a prompt, and read. */

import { joined, sliced, type SourcedText } from './sourced-text.ts';

export interface LoraTag {
  readonly name: string;
  /** Strength in the text encoder, and in the UNet; 1 where the tag says none. */
  readonly text: number;
  readonly unet: number;
}

export interface TakenTags {
  /** The prompt without its tags. */
  readonly text: SourcedText;
  readonly loras: readonly LoraTag[];
  /** Tags that are not for LoRA (`<hypernet:…>`), or whose strength is no number, as written. They do nothing. */
  readonly ignored: readonly string[];
}

const tags = /<([\p{L}\p{N}_]+):([^>]+)>/gu;

/**
 * Takes every `<word:…>` out of a prompt, as AUTOMATIC1111 does. `<lora:name:a>` has the strength a,
 * `<lora:name:a:b>` has a in the text encoder and b in the UNet; `te=` and `unet=` name them.
 */
export function takeTags(prompt: SourcedText): TakenTags {
  const texts: SourcedText[] = [];
  const loras: LoraTag[] = [];
  const ignored: string[] = [];
  let start = 0;
  for (const { 0: tag, 1: kind, 2: values, index } of prompt.text.matchAll(tags)) {
    texts.push(sliced(prompt, start, index));
    start = index + tag.length;
    const lora = kind === 'lora' ? readLora(values ?? '') : null;
    if (lora) loras.push(lora);
    else ignored.push(tag);
  }
  texts.push(sliced(prompt, start));
  return { text: joined(texts), loras, ignored };
}

function readLora(values: string): LoraTag | null {
  const positional: string[] = [];
  const named = new Map<string, string>();
  for (const value of values.split(':')) {
    const [key = '', told, ...more] = value.split('=');
    if (told !== undefined && more.length === 0) named.set(key, told);
    else positional.push(value);
  }
  const [name = ''] = positional;
  const text = strength(named.get('te') ?? positional[1], 1);
  const unet = strength(named.get('unet') ?? positional[2], text);
  return name === '' || !Number.isFinite(text) || !Number.isFinite(unet) ? null : { name, text, unet };
}

/** NaN where what is written is no number. */
function strength(written: string | undefined, otherwise: number): number {
  if (written === undefined) return otherwise;
  return written.trim() === '' ? Number.NaN : Number(written);
}
