/** Passes in plain English, as the headless command and the log say them. */

import type { Pass, ResamplePass } from './passes.ts';

/** For example "4×, then 4×, then down to 3840 × 2160"; "unchanged" for an exact copy. */
export function describePasses(passes: readonly Pass[]): string {
  const words = passes
    .map((pass) => (pass.kind === 'model' ? `${pass.scale}×` : describeResample(pass)))
    .filter((word) => word !== '');
  return words.length > 0 ? words.join(', then ') : 'unchanged';
}

function describeResample({ window, output, place }: ResamplePass): string {
  const across = place.width / window.width;
  const down = place.height / window.height;
  const size = `${output.width} × ${output.height}`;
  const padded = place.width !== output.width || place.height !== output.height;
  if (across === 1 && down === 1) return window.x === 0 && window.y === 0 && !padded ? '' : `to ${size}`;
  if (across <= 1 && down <= 1) return `down to ${size}`;
  if (across >= 1 && down >= 1) return `up to ${size}`;
  return `stretched to ${size}`;
}
