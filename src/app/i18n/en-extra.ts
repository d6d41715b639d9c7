/** The words of what goes beyond one model, in the panel: extra quality, a second upscaler, transparency. */

import type { ClassicFilter } from '../../picture/resample-filter.ts';
import type { ExtraQuality } from '../../recipes/recipe.ts';
import type { Text } from './en.ts';

/** Apart from `en.ts`, as the first paint needs none of them. */
export function extraWords({ format: { number, percent }, panel: { filters } }: Text) {
  return {
    off: 'For models only: a classic filter has nothing to add here.',
    quality: 'Extra quality',
    qualities: { 1: 'Off', 2: '2', 4: '4', 8: '8' } satisfies Record<ExtraQuality, string>,
    qualityHint: (count: ExtraQuality) =>
      count === 1
        ? 'Every tile runs once.'
        : `Every tile runs in ${number(count)} orientations, and their mean is kept. Takes ${number(count)} times as long.`,
    second: 'Second upscaler',
    none: 'None',
    models: 'Models',
    classics: 'Classic filters',
    visibility: 'Visibility',
    visibilityValue: (share: number) => percent(share),
    secondHint:
      'Both enlarge the picture, and the results are mixed: 0 % is the model above alone, 100 % the second.',
    alpha: 'Transparency',
    alphaModel: 'By the model',
    alphaFilter: (filter: ClassicFilter) =>
      filter === 'nearest' ? `${filters.nearest} (hard edges)` : filters[filter],
    alphaOnto: 'None: lay it onto a colour',
    colour: 'Colour',
  };
}
