/** ONNX networks that nobody here knows, over two workers: the library reads and keeps them, the engine tries them. */

import type { Result } from '../base/result.ts';
import type { Imported } from '../protocol/library.ts';
import type { EngineClient } from './engine.ts';
import type { LibraryClient } from './library.ts';

/** Whether an import was not made because the network has to be tried first. */
export function isForeign(imported: Result<unknown>): boolean {
  return !imported.ok && imported.error.detail?.['reason'] === 'foreign';
}

/** Whether an import was not made because the files belong to a diffusion model, which goes another way. */
export function isDiffusion(imported: Result<unknown>): boolean {
  return !imported.ok && imported.error.detail?.['reason'] === 'diffusion';
}

const doubt =
  'What this network gives does not look like the picture that it was tried with: its values or channels may be others than it seems.';

/** Takes such a network in as it was found, without asking anybody. Failures: those of reading, probing and keeping. */
export async function importForeign(
  { engine, library }: { readonly engine: EngineClient; readonly library: LibraryClient },
  files: readonly File[],
  onNotice: (message: string) => void = () => undefined,
): Promise<Result<Imported>> {
  const file = await library.readForeign(files);
  if (!file.ok) return file;
  const probed = await engine.probe({ bytes: file.value.bytes, wish: {} });
  if (!probed.ok) return probed;
  const { model, resembles, tile } = probed.value;
  for (const bitmap of [tile.before, tile.plain, tile.after]) bitmap.close();
  if (!resembles) onNotice(doubt);
  return library.keepForeign(file.value, model);
}
