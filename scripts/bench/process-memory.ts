/** What the processes of a Chromium that this program started hold in memory, from /proc: Linux only. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

type Role = 'renderer' | 'gpu-process' | 'browser';

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // It ended.
  }
}

/** Numbers of the processes below this one. */
function descendants(): number[] {
  const parents = new Map(
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), Number(/^PPid:\s+(\d+)/m.exec(read(`/proc/${name}/status`))?.[1])]),
  );
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === process.pid || isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow);
}

function processesOf(role: Role): number[] {
  return descendants().filter((pid) => {
    const line = read(`/proc/${pid}/cmdline`);
    if (role === 'browser') return line.includes('chrom') && !line.includes('--type=');
    return line.includes(`--type=${role}`);
  });
}

/** MB of the largest process of a role: now (`VmRSS`), or its peak since `forgetPeaks` (`VmHWM`). */
export function megabytes(role: Role, field: 'VmRSS' | 'VmHWM'): number {
  const held = processesOf(role).map((pid) =>
    Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(read(`/proc/${pid}/status`))?.[1] ?? 0),
  );
  return (Math.max(0, ...held) * 1024) / 1e6;
}

export function forgetPeaks(): void {
  for (const pid of descendants()) {
    try {
      writeFileSync(`/proc/${pid}/clear_refs`, '5');
    } catch {
      // It ended.
    }
  }
}
