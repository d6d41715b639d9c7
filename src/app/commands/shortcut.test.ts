import { describe, expect, it } from 'vitest';
import { announced, isSingleCharacter, matches, spelled, type KeyPress } from './shortcut.ts';

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
});

describe('matches', () => {
  it('wants exactly its modifiers', () => {
    expect(matches({ key: 's', mod: true }, press('s', { ctrlKey: true }))).toBe(true);
    expect(matches({ key: 's', mod: true }, press('s', { metaKey: true }))).toBe(true);
    expect(matches({ key: 's', mod: true }, press('S', { ctrlKey: true, shiftKey: true }))).toBe(false);
    expect(matches({ key: 's', mod: true, shift: true }, press('S', { ctrlKey: true, shiftKey: true }))).toBe(
      true,
    );
    expect(matches({ key: 'l' }, press('l', { ctrlKey: true }))).toBe(false);
    expect(matches({ key: 'l' }, press('l', { altKey: true }))).toBe(false);
  });

  it('does not mind Shift for signs', () => {
    expect(matches({ key: '?' }, press('?', { shiftKey: true }))).toBe(true);
    expect(matches({ key: '+' }, press('+'))).toBe(true);
  });
});

describe('words', () => {
  it('spell a shortcut for each system', () => {
    expect(spelled({ key: 's', mod: true, shift: true }, false)).toBe('Ctrl+Shift+S');
    expect(spelled({ key: 'Enter', mod: true }, true)).toBe('⌘Enter');
    expect(announced({ key: 'Enter', mod: true }, false)).toBe('Control+Enter');
    expect(announced({ key: '+' }, false)).toBe('Plus');
  });

  it('know single characters', () => {
    expect(isSingleCharacter({ key: 'l' })).toBe(true);
    expect(isSingleCharacter({ key: 'Delete' })).toBe(false);
    expect(isSingleCharacter({ key: 'o', mod: true })).toBe(false);
  });
});
