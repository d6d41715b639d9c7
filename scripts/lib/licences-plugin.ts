/** Lays the licences of the app and of everything bundled with it beside the built app, as they ask for. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const root = join(import.meta.dirname, '../..');
const file = 'licences.txt';

export function licencesPlugin(): Plugin {
  return {
    name: 'enlarger:licences',
    apply: 'build',
    applyToEnvironment: ({ name }) => name === 'client',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: file, source: licencesText() });
    },
  };
}

/** The app's own licence, then one part for each package that the app needs to run, and each that these need. */
export function licencesText(): string {
  const names = needed('.', new Set());
  const parts = [...names].sort().map((name) => {
    const { version, license, homepage, folder } = packageOf(name);
    const text = licenceIn(folder) ?? `Published under ${license}: ${homepage}`;
    return `${name} ${version} (${license})\n\n${text}`;
  });
  const own = readFileSync(join(root, 'LICENSE'), 'utf8').trim();
  const models = 'The licences of the models lie in models/licences and in models/clip.';
  return [`Enlarger\n\n${own}\n\n${models}`, ...parts].join(`\n\n${'-'.repeat(80)}\n\n`) + '\n';
}

function needed(name: string, known: Set<string>): Set<string> {
  for (const dependency of packageOf(name).dependencies) {
    if (known.has(dependency) || !existsSync(join(root, 'node_modules', dependency, 'package.json')))
      continue;
    known.add(dependency);
    needed(dependency, known);
  }
  return known;
}

function packageOf(name: string) {
  const folder = name === '.' ? root : join(root, 'node_modules', name);
  const text = readFileSync(join(folder, 'package.json'), 'utf8');
  const { version, license, homepage, dependencies } = JSON.parse(text) as {
    readonly version?: string;
    readonly license?: string;
    readonly homepage?: string;
    readonly dependencies?: Readonly<Record<string, string>>;
  };
  return {
    folder,
    version: version ?? '',
    license: license ?? 'a licence of its own',
    homepage: homepage ?? `https://www.npmjs.com/package/${name}`,
    dependencies: Object.keys(dependencies ?? {}),
  };
}

function licenceIn(folder: string): string | null {
  const name = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)(\.\w+)?$/i.test(entry));
  return name === undefined ? null : readFileSync(join(folder, name), 'utf8').trim();
}
