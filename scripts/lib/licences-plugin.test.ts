import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { licencesText } from './licences-plugin.ts';

it('names every package that the app needs to run, and those that these need, with their licences', () => {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const text = licencesText();
  for (const name of [...Object.keys(dependencies), 'pako', 'clsx']) expect(text).toContain(`\n${name} `);
  expect(text).toContain('Apache License');
  expect(text.startsWith('Enlarger\n\nMIT License')).toBe(true);
  // Tools are not part of what is given away.
  expect(text).not.toContain('\neslint ');
});
