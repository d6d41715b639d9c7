/** The headless command, as a script calls it from a folder. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../../scripts/lib/run.mjs';

interface Said {
  readonly code: number | null;
  readonly lines: readonly unknown[];
  readonly aside: string;
}

export function command(folder: string, ...args: readonly string[]): Promise<Said> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(root, 'scripts', 'enlarge.mjs'), ...args], {
      cwd: root,
      env: { ...process.env, INIT_CWD: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, aside] = ['', ''];
    child.stdout.on('data', (data: Buffer) => (out += data.toString()));
    child.stderr.on('data', (data: Buffer) => (aside += data.toString()));
    child.on('close', (code) => {
      const lines = out.split('\n').filter((line) => line !== '');
      resolve({ code, lines: lines.map((line): unknown => JSON.parse(line)), aside });
    });
  });
}
