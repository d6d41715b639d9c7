/** The plan in words, for what goes beyond one model: extra quality, a second upscaler, and transparency. */

import type { ClassicFilter } from '../../picture/resample-filter.ts';
import type { MixedPart } from '../../recipes/describe.ts';
import type { ExtraQuality } from '../../recipes/recipe.ts';
import type { Formats } from './format.ts';

export function combiningWords({ number }: Formats, filters: Readonly<Record<ClassicFilter, string>>) {
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
  };
}
