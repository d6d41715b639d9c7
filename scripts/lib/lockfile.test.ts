import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filled, gaps } from './lockfile.mjs';
import { root } from './run.mjs';

const lockfile = {
  packages: {
    'node_modules/tool': {
      version: '2.0.0',
      dev: true,
      optionalDependencies: { '@tool/on-linux-x64-gnu': '2.0.0', '@tool/on-win32-arm64-msvc': '2.0.0' },
    },
    'node_modules/@tool/on-linux-x64-gnu': { version: '2.0.0', integrity: 'sha512-...' },
  },
};

describe('the lockfile', () => {
  it('names the packages of every platform; else: npm run fill-lockfile', () => {
    const ours = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as typeof lockfile;
    expect(gaps(ours)).toEqual([]);
  });

  it('is filled with what the names say', () => {
    expect(gaps(lockfile)).toEqual([{ name: '@tool/on-win32-arm64-msvc', version: '2.0.0', dev: true }]);
    const { packages } = filled(lockfile);
    expect(Object.keys(packages)).toHaveLength(3);
    expect(packages['node_modules/@tool/on-win32-arm64-msvc']).toEqual({
      version: '2.0.0',
      cpu: ['arm64'],
      dev: true,
      optional: true,
      os: ['win32'],
    });
    expect(gaps(filled(lockfile))).toEqual([]);
  });
});
