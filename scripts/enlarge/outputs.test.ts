import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { outputsFor } from './outputs.ts';

const source = { width: 10, height: 10 };
const result = { width: 40, height: 40 };
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'enlarger-outputs-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('outputsFor', () => {
  it('takes the format from the name', () => {
    expect(outputsFor('a.JPG', ['b.png']).format).toBe('jpeg');
    expect(outputsFor('a.webp', ['b.png']).pathFor('b.png', source, result)).toBe('a.webp');
    expect(() => outputsFor('a.gif', ['b.png'])).toThrow('should end with');
  });

  it('wants a folder for several', () => {
    expect(() => outputsFor('a.png', ['b.png', 'c.png'])).toThrow('need a folder');
  });

  it('gives results in a folder names that nothing else has, inputs included', () => {
    const inputs = ['x/a.png', 'y/a.jpg', 'a@4x.png'].map((name) => join(folder, name));
    const { format, pathFor } = outputsFor(folder, inputs);
    expect(format).toBe('png');
    const paths = inputs.slice(0, 2).map((input) => pathFor(input, source, result));
    expect(paths).toEqual(['a@4x (2).png', 'a@4x (3).png'].map((name) => join(folder, name)));
  });

  it('refuses to write over the input, whatever path leads there', () => {
    const input = join(folder, 'in.png');
    const link = join(folder, 'link.png');
    mkdirSync(join(folder, 'sub'));
    writeFileSync(input, 'x');
    linkSync(input, link);
    for (const out of [input, join(folder, 'sub', '..', 'in.png'), link]) {
      expect(() => outputsFor(out, [input])).toThrow('is the input itself');
    }
    expect(outputsFor(join(folder, 'out.png'), [input]).format).toBe('png');
  });
});
