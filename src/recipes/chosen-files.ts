/** Which of the files that come with a job a step works with: what the engine loads, and what the library merges before. */

import { fail, ok, type Result } from '../base/result.ts';
import type { LoraTag } from '../diffusion/text/network-tags.ts';
import { besideName } from '../formats/onnx/beside.ts';
import type { NamedBlob } from '../formats/weights-file.ts';
import type { RefineStep } from './refine.ts';

export interface ChosenFiles<F extends NamedBlob> {
  /** Everything that is named, and the configs of the checkpoint's own folder; all files where no checkpoint is named. */
  readonly files: readonly F[];
  /** By the names that the files have. */
  readonly loras: readonly ChosenLora[];
}

/** With its strength in either part. */
export interface ChosenLora {
  readonly file: string;
  readonly text: number;
  readonly unet: number;
}

/** What a prompt calls a LoRA: its file's name without folder and ending. */
function calledName(name: string): string {
  return name.replace(/^.*\//, '').replace(/\.[^.]*$/, '');
}

/** A file is named by its path, its name alone, or a folder that it is in. */
function isNamed(name: string, by: string): boolean {
  return name === by || name.endsWith(`/${by}`) || name.startsWith(`${by.replace(/\/$/, '')}/`);
}

/** Folders of parts inside a model's own. */
const ofPart = /(^|\/)(unet|vae|vae_encoder|vae_decoder|text_encoder|controlnet)\/$/;

/** Where the configs of what is named so lie, with a slash at its end; nothing for a file that lies in no folder. */
function folderOf(files: readonly NamedBlob[], by: string): string {
  const name = files.find((file) => isNamed(file.name, by))?.name ?? '';
  const folder = `${by.replace(/\/$/, '')}/`;
  return name.startsWith(folder) ? folder : placeOf(name).replace(ofPart, '$1');
}

function placeOf(name: string): string {
  return name.replace(/[^/]*$/, '');
}

/** Failures: `model-unavailable` for a name that no file has. */
export function chosenFiles<F extends NamedBlob>(
  files: readonly F[],
  { weights = {}, control }: Pick<RefineStep, 'weights' | 'control'>,
  tags: readonly LoraTag[],
): Result<ChosenFiles<F>> {
  const parts = [weights.checkpoint, weights.text, weights.vae, weights.taesd, control?.file];
  const named = [...parts, ...(weights.embeddings ?? [])].filter((name) => name !== undefined);
  const wanted = [
    ...(weights.loras ?? []).map(({ file, weight }) => ({ file, text: weight, unet: weight })),
    ...tags.map(({ name, text, unet }) => ({
      file: files.find((file) => calledName(file.name) === name)?.name ?? name,
      text,
      unet,
    })),
  ];
  for (const name of [...named, ...wanted.map(({ file }) => file)]) {
    // One for previews alone changes nothing that is kept, so a recipe goes on without it.
    if (name === weights.taesd || files.some((file) => isNamed(file.name, name))) continue;
    const there = files.map((file) => file.name).join(', ');
    return fail(
      'model-unavailable',
      `The recipe names the file "${name}", which is not among the weights that are given (${there}). Give it too, or correct its name.`,
      { file: name },
    );
  }
  const loras = wanted.flatMap((lora) => {
    const found = files.find(({ name }) => isNamed(name, lora.file));
    return found ? [{ ...lora, file: found.name }] : [];
  });
  if (weights.checkpoint === undefined) return ok({ files, loras });
  const own = folderOf(files, weights.checkpoint);
  // A file in no folder has the configs that lie in none.
  const isConfig = (name: string): boolean =>
    /\.json$/i.test(name) && name.startsWith(own) && (own !== '' || !name.includes('/'));
  const isChosen = (name: string): boolean => named.some((by) => isNamed(name, by));
  const graphs = files.filter(({ name }) => /\.onnx$/i.test(name) && isChosen(name));
  // The weights of a graph that is named come with it.
  const isBeside = (name: string): boolean =>
    besideName.test(name) && graphs.some((graph) => placeOf(graph.name) === placeOf(name));
  const chosen = files.filter(
    ({ name }) =>
      isChosen(name) || loras.some(({ file }) => file === name) || isConfig(name) || isBeside(name),
  );
  return ok({ files: chosen, loras });
}
