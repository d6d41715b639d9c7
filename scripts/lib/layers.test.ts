/** Proves that the rule on import directions is red when it should be. */

import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';
import { layers, pureFolders } from './layers.mjs';
import { root } from './run.mjs';

// Only the rules in question: types are not needed for them.
const eslint = new ESLint({
  cwd: root,
  overrideConfig: {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { project: null } },
  },
  ruleFilter: ({ ruleId }) => /^(import-x\/|no-restricted-)/.test(ruleId),
});

async function complaints(path: string, code: string): Promise<(string | null)[]> {
  const [result] = await eslint.lintText(code, { filePath: path });
  return (result?.messages ?? []).map(({ ruleId }) => ruleId);
}

describe('the direction of imports', () => {
  it.each([
    ['src/base/result.ts', '../picture/geometry.ts'],
    ['src/picture/geometry.ts', '../tiles/rules.ts'],
    ['src/tiles/rules.ts', '../recipes/recipe.ts'],
    ['src/formats/tensor-table.ts', '../architectures/family.ts'],
    ['src/recipes/recipe.ts', '../models/card.ts'],
    ['src/models/card.ts', '../protocol/library.ts'],
    ['src/protocol/library.ts', '../clients/engine.ts'],
    ['src/clients/engine.ts', '../app/main.ts'],
    ['workers/engine/engine.ts', '../../src/clients/engine.ts'],
    ['workers/engine/engine.ts', '../library/library.ts'],
    ['src/clients/engine.ts', '../../workers/engine/engine.ts'],
    ['src/app/main.ts', '../../scripts/lib/layers.mjs'],
  ])('forbids %s to import %s', async (path, from) => {
    expect(await complaints(path, `export * from '${from}';\n`)).toContain('import-x/no-restricted-paths');
  });

  it('allows what goes downwards', async () => {
    const code = "export { at } from '../base/assert.ts';\n";
    expect(await complaints('src/picture/geometry.ts', code)).toEqual([]);
  });

  it('forbids pure folders what only a page, a worker or Node has', async () => {
    const path = 'src/picture/geometry.ts';
    expect(await complaints(path, 'export const x = document.title;\n')).toContain('no-restricted-globals');
    expect(await complaints(path, "export * from 'onnxruntime-web';\n")).toContain('no-restricted-imports');
    expect(await complaints(path, "export * from 'node:fs';\n")).toContain('no-restricted-imports');
  });

  it('knows every pure folder', () => {
    expect(Object.keys(layers)).toEqual(expect.arrayContaining(pureFolders));
  });
});
