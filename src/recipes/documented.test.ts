/** What docs/recipes.md shows and says is what recipes take. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ldsrDefaults } from '../diffusion/ldsr/choices.ts';
import { refineDefaults } from './refine.ts';
import { parseRecipe } from './validate.ts';
import { ldsr } from './validate-ldsr.ts';
import { refine } from './validate-refine.ts';

const page = readFileSync(new URL('../../docs/recipes.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, json = '']) => json);

describe('docs/recipes.md', () => {
  it.each(blocks)('shows recipes that are taken: %s', (json) => {
    expect(parseRecipe(JSON.parse(json))).toMatchObject({ ok: true });
  });

  it('shows each mode of tiles', () => {
    expect(blocks.length).toBeGreaterThan(4);
    for (const mode of ['joint', 'sd-upscale', 'ultimate']) expect(blocks.join()).toContain(`"${mode}"`);
  });

  it.each([
    ['refine', refine.entries, refineDefaults],
    ['ldsr', ldsr.entries, ldsrDefaults],
  ] as const)('names every field of a step %s, with its default', (kind, entries, defaults) => {
    const [, after = ''] = page.split(`\n## \`${kind}\`\n`);
    const [section = ''] = after.split('\n## ');
    for (const field of Object.keys(entries)) {
      if (field !== 'kind') expect(section).toMatch(new RegExp(`^\\| \`${field}\` `, 'm'));
    }
    for (const [field, value] of Object.entries(defaults)) {
      const row = new RegExp(`^\\| \`${field}\`.*\\| ([^|]*?) *\\|$`, 'm').exec(section)?.[1];
      expect(row).toContain(String(value));
    }
  });
});
