/** Fields of what was stored: each falls back where it is missing or out of range. */

export function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

export function oneOf<T>(allowed: readonly T[], value: unknown, fallback: T): T {
  return allowed.find((candidate) => candidate === value) ?? fallback;
}

export function within(value: unknown, range: { least: number; most: number }, fallback: number): number {
  return typeof value === 'number' && value >= range.least && value <= range.most ? value : fallback;
}
