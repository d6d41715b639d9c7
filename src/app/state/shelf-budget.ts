/** Which pictures leave the engine's shelf when it holds too much: the ones not used for longest. */

export interface Shelved {
  readonly id: string;
  readonly bytes: number;
  /** Higher is more recent. */
  readonly used: number;
}

export function leaving(shelved: readonly Shelved[], budget: number, pinned: ReadonlySet<string>): string[] {
  let bytes = shelved.reduce((sum, entry) => sum + entry.bytes, 0);
  const ids: string[] = [];
  for (const entry of [...shelved].sort((one, other) => one.used - other.used)) {
    if (bytes <= budget) break;
    if (pinned.has(entry.id)) continue;
    ids.push(entry.id);
    bytes -= entry.bytes;
  }
  return ids;
}
