/** The words for what goes beyond one model: extra quality, a second upscaler, and transparency. */

import type { ClassicFilter } from '../../picture/resample-filter.ts';
import type { MixedPart } from '../../recipes/describe.ts';
import type { ExtraQuality } from '../../recipes/recipe.ts';
import type { Formats } from './format.ts';

export function combiningWords(
  { number, percent }: Formats,
  filters: Readonly<Record<ClassicFilter, string>>,
) {
  return {
    passes: {
      mixed: (first: MixedPart, second: MixedPart) => {
        const shares = `mixed ${number(first.share)} : ${number(second.share)}`;
        return first.what === second.what
          ? `${first.what} by ${first.by} and ${second.by}, ${shares}`
          : `${first.what} (${first.by}) and ${second.what} (${second.by}), ${shares}`;
      },
      orientations: (count: ExtraQuality) => `every tile in ${number(count)} orientations`,
      alpha: (filter: ClassicFilter) => `transparency by ${filters[filter]}`,
      onto: (colour: string) => `laid onto ${colour}`,
      remarked: (passes: string, remarks: readonly string[]) => [passes, ...remarks].join('; '),
    },
    extra: {
      title: 'More',
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
    },
  };
}
