/** Reads the files of a diffusion model as a person gives them: weights with their notes, and configs. */

import type { Failure } from '../../base/errors.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { readNotes } from '../../formats/safetensors/notes.ts';
import { joinTables, missingShard, wholeName } from '../../formats/shards.ts';
import { readWeights, type NamedBlob } from '../../formats/weights-file.ts';
import type { GivenWeights } from './checkpoint-parts.ts';
import type { GivenConfig } from './checkpoint-told.ts';
import { sortReady, type ReadyPart } from './onnx-part.ts';

export interface GivenFiles {
  readonly weights: readonly GivenWeights[];
  readonly configs: readonly GivenConfig[];
  /** Ready-made ONNX graphs of parts. */
  readonly ready: readonly ReadyPart[];
}

/** No config is this large. */
const mostConfigBytes = 1 << 20;
/** What lies beside weights in a folder: words, licences, pictures, the tokenizer's tables. */
const besides = /\.(json|txt|md|png|jpe?g|webp|ya?ml|gitattributes)$|(^|\/)(LICENSE|README)[^/]*$/i;

/**
 * Names are paths where files come from a folder. Headers only are read. Failures: those of `readWeights`, with the file's name, and of
 * `sortReady`; an ncnn file and an ONNX file of another kind are left to others. Shards are one file, under the name that it would have in
 * one piece; `model-unavailable` names one that is missing.
 */
export async function readDiffusionFiles(files: readonly NamedBlob[]): Promise<Result<GivenFiles>> {
  const weights: GivenWeights[] = [];
  const configs: GivenConfig[] = [];
  const sorted = await sortReady(files);
  if (!sorted.ok) return sorted;
  for (const { name, blob } of sorted.value.rest) {
    if (besides.test(name)) {
      const value = name.endsWith('.json') && blob.size <= mostConfigBytes ? parsed(await blob.text()) : null;
      if (value !== null) configs.push({ name, value });
      continue;
    }
    const read = await readWeights([{ name, blob }]);
    if (!read.ok) return named(name, read.error);
    const file = read.value;
    if (file.format !== 'safetensors' && file.format !== 'pth') continue;
    const notes = file.format === 'safetensors' ? await readNotes(blob) : {};
    weights.push({ name, table: file.table, notes });
  }
  const joined = joinShards(weights);
  return joined.ok ? ok({ weights: joined.value, configs, ready: sorted.value.ready }) : joined;
}

function joinShards(weights: readonly GivenWeights[]): Result<readonly GivenWeights[]> {
  const wholes: GivenWeights[] = [];
  for (const whole of new Set(weights.map(({ name }) => wholeName(name)))) {
    const given = weights.filter(({ name }) => wholeName(name) === whole);
    const missing = missingShard(given.map(({ name }) => name));
    if (missing !== null) {
      const message = `"${missing}" is missing, a part of the weights "${whole}". Give all files of that folder together.`;
      return fail('model-unavailable', message, { reason: 'missing-shard', name: missing });
    }
    const [first] = given;
    if (first && given.length === 1 && first.name === whole) wholes.push(first);
    else if (first) {
      wholes.push({ ...first, name: whole, table: joinTables(given.map(({ table }) => table)) });
    }
  }
  return ok(wholes);
}

/** The failure of one file among several. */
function named(name: string, error: Failure): Result<never> {
  const told = error.message.includes(`"${name}"`);
  return { ok: false, error: told ? error : { ...error, message: `"${name}": ${error.message}` } };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
