/** Numbers, durations and sizes for people, in one language. Plurals go through Intl as well. */

import type { Size } from '../../picture/geometry.ts';

export interface Formats {
  readonly number: (value: number, digits?: number) => string;
  readonly percent: (share: number) => string;
  readonly megapixels: (size: Size) => string;
  readonly bytes: (bytes: number) => string;
  /** "9 s", "1 min 20 s", "2 h 5 min": two units at most, coarser as it gets longer. */
  readonly duration: (seconds: number) => string;
  /** "9 s", "2 min", "3 h": one unit, for what is only estimated. */
  readonly roughly: (seconds: number) => string;
  readonly plural: (count: number, forms: { readonly one: string; readonly other: string }) => string;
}

export function formatsFor(locale: string): Formats {
  const rules = new Intl.PluralRules(locale);
  const number = (value: number, digits = 0): string =>
    new Intl.NumberFormat(locale, { maximumFractionDigits: digits, useGrouping: false }).format(value);
  const fixed = (value: number, digits: number): string =>
    new Intl.NumberFormat(locale, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      useGrouping: false,
    }).format(value);
  const byteUnits = ['B', 'KB', 'MB', 'GB'] as const;
  return {
    number,
    percent: (share) => `${number(share * 100)} %`,
    megapixels: (size) => {
      const value = (size.width * size.height) / 1e6;
      return `${value < 0.1 ? fixed(value, 2) : value < 100 ? fixed(value, 1) : number(value)} MP`;
    },
    bytes: (bytes) => {
      const power = Math.min(byteUnits.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
      const value = bytes / 1000 ** power;
      return `${number(value, value < 10 && power > 0 ? 1 : 0)} ${byteUnits[power] ?? 'GB'}`;
    },
    duration: (seconds) => {
      const whole = Math.max(1, Math.round(seconds));
      if (whole < 60) return `${number(whole)} s`;
      if (whole < 600) {
        const rest = Math.round((whole % 60) / 5) * 5;
        const minutes = Math.floor(whole / 60) + (rest === 60 ? 1 : 0);
        return rest % 60 === 0 ? `${number(minutes)} min` : `${number(minutes)} min ${number(rest)} s`;
      }
      const minutes = Math.round(whole / 60);
      if (minutes < 60) return `${number(minutes)} min`;
      const rest = Math.round((minutes % 60) / 5) * 5;
      const hours = Math.floor(minutes / 60) + (rest === 60 ? 1 : 0);
      return rest % 60 === 0 ? `${number(hours)} h` : `${number(hours)} h ${number(rest)} min`;
    },
    roughly: (seconds) => {
      if (seconds < 90) return `${number(Math.max(1, Math.round(seconds)))} s`;
      if (seconds < 90 * 60) return `${number(Math.round(seconds / 60))} min`;
      return `${number(Math.round(seconds / 3600))} h`;
    },
    plural: (count, forms) =>
      (rules.select(count) === 'one' ? forms.one : forms.other).replace('#', number(count)),
  };
}
