/** What a model or a classic filter is called. */

import { classicFilter } from '../../recipes/needed-models.ts';
import type { App } from './app.svelte.ts';

export function upscalerName({ library, text }: Pick<App, 'library' | 'text'>, id: string): string {
  const filter = classicFilter(id);
  return filter ? text.panel.filters[filter] : (library.card(id)?.name ?? id);
}
