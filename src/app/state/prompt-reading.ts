/** What is shown beside a prompt while it is typed. The tokenizer's merges are fetched once, when the first prompt is read. */

import type { Result } from '../../base/result.ts';
import { fetchMerges } from '../../clients/merges.ts';
import { countTokens, type TokenCount } from '../../diffusion/text/token-count.ts';
import { readPrompt, type ReadPrompt } from '../../diffusion/text/prompt.ts';
import { mergesPath } from '../../diffusion/text/merges-path.ts';
import { createTokenizer, endToken, type Tokenizer } from '../../diffusion/text/tokenizer.ts';
import type { DiffusionEntry } from '../../models/diffusion-entry.ts';
import { keepForOffline } from '../pwa/offline.ts';

let reading: Promise<Result<Tokenizer>> | null = null;

/** The same for every prompt; a failure is not remembered. Failures: `model-unavailable`, `model-damaged`. */
export async function promptTokenizer(): Promise<Result<Tokenizer>> {
  reading ??= fetched();
  const tokenizer = await reading;
  if (!tokenizer.ok) reading = null;
  return tokenizer;
}

async function fetched(): Promise<Result<Tokenizer>> {
  const merges = await fetchMerges();
  if (!merges.ok) return merges;
  // From then on prompts can be read without a network too.
  void keepForOffline([new URL(mergesPath, document.baseURI).href]);
  return createTokenizer(await merges.value.text());
}

export interface PromptReading {
  readonly count: TokenCount;
  readonly read: Result<ReadPrompt>;
}

/** `steps` of the whole schedule; `kept`: the embeddings that are on this device. */
export function readingOf(
  prompt: string,
  tokenizer: Tokenizer,
  { steps, negative, kept }: { steps: number; negative: boolean; kept: readonly DiffusionEntry[] },
): PromptReading {
  const embeddings = kept.flatMap(({ name, base, parts }) =>
    parts
      .filter(({ kind }) => kind === 'embedding')
      .map(({ values }) => ({
        name,
        vectors: Math.max(1, Math.round(values / (base === 'sd2' ? 1024 : 768))),
      })),
  );
  const options = { steps, negative, embeddings, padding: endToken };
  return { count: countTokens(prompt, tokenizer, options), read: readPrompt(prompt, tokenizer, options) };
}

/** The prompt cut at the borders of its chunks; at least one piece. */
export function chunksOf(prompt: string, borders: readonly number[]): readonly string[] {
  const ends = [0, ...borders, prompt.length];
  return ends.slice(1).map((end, at) => prompt.slice(ends[at], end));
}
