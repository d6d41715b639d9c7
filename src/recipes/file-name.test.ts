import { describe, expect, it } from 'vitest';
import { resultName, uniqueName } from './file-name.ts';

const source = { width: 641, height: 479 };

function timed(factor: number): { width: number; height: number } {
  return { width: Math.round(source.width * factor), height: Math.round(source.height * factor) };
}

describe('resultName', () => {
  it('names the factor, or else the size', () => {
    expect(resultName('photo.jpg', source, timed(4), 'png')).toBe('photo@4x.png');
    expect(resultName('photo.jpg', source, timed(1.5), 'webp')).toBe('photo@1.5x.webp');
    expect(resultName('photo.jpg', source, timed(0.5), 'png')).toBe('photo@0.5x.png');
    expect(resultName('photo.png', source, { width: 3840, height: 2160 }, 'jpeg')).toBe(
      'photo@3840x2160.jpg',
    );
    expect(resultName('photo.png', source, timed(1.37), 'png')).toBe('photo@878x656.png');
    expect(resultName('dot.png', { width: 1, height: 1 }, { width: 4, height: 4 }, 'png')).toBe('dot@4x.png');
  });

  it.each([
    ['C:\\Users\\me\\Ferien 2024.JPEG', 'Ferien 2024'],
    ['a/b/../日本の写真.webp', '日本の写真'],
    ['archive.tar.png', 'archive.tar'],
    ['no extension', 'no extension'],
    ['.hidden', 'hidden'],
    ['.png', 'png'],
    ['what? "why": <this>|*.png', 'what_ _why__ _this___'],
    ['evil\u202egpj.exe', 'evil_gpj'],
    ['line\nbreak\u0000.png', 'line_break_'],
    ['...', 'picture'],
    ['', 'picture'],
    ['/', 'picture'],
    ['e\u0301te\u0301.png', 'été'],
  ])('%j becomes %j', (original, stem) => {
    expect(resultName(original, source, timed(4), 'png')).toBe(`${stem}@4x.png`);
  });

  it('stays short enough for a file system, between whole characters', () => {
    const name = resultName(`${'👩‍👩‍👧'.repeat(60)}.png`, source, { width: 65535, height: 65535 }, 'webp');
    expect(new TextEncoder().encode(name).length).toBeLessThanOrEqual(255);
    expect(name).toMatch(/^(?:👩‍👩‍👧)+@65535x65535\.webp$/u);
  });
});

describe('uniqueName', () => {
  it('counts up, and sees names that differ only in case as the same', () => {
    expect(uniqueName('a@4x.png', [])).toBe('a@4x.png');
    expect(uniqueName('a@4x.png', ['A@4X.PNG', 'a@4x (2).png'])).toBe('a@4x (3).png');
    expect(uniqueName('plain', new Set(['plain']))).toBe('plain (2)');
  });
});
