/** Keyboard shortcuts as data: matching a key press, and spelling it for people. Pure. */

export interface Shortcut {
  /** `KeyboardEvent.key`, in lower case where it is a letter. */
  readonly key: string;
  /** Control, or Command on a Mac. */
  readonly mod?: boolean;
  readonly shift?: boolean;
}

export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

export function matches(shortcut: Shortcut, press: KeyPress): boolean {
  if (press.altKey || press.key.toLowerCase() !== shortcut.key.toLowerCase()) return false;
  if ((press.ctrlKey || press.metaKey) !== (shortcut.mod ?? false)) return false;
  // Signs such as "?" and "+" need Shift on some keyboards and not on others.
  return isSign(shortcut.key) || press.shiftKey === (shortcut.shift ?? false);
}

/** Fires on one printed character alone: such shortcuts can be turned off (WCAG 2.1.4). */
export function isSingleCharacter(shortcut: Shortcut): boolean {
  return shortcut.key.length === 1 && !shortcut.mod;
}

export function spelled(shortcut: Shortcut, mac: boolean): string {
  const parts: string[] = [];
  if (shortcut.mod) parts.push(mac ? '⌘' : 'Ctrl');
  if (shortcut.shift) parts.push(mac ? '⇧' : 'Shift');
  parts.push(keyNames[shortcut.key] ?? shortcut.key.toUpperCase());
  return parts.join(mac ? '' : '+');
}

/** The value of `aria-keyshortcuts`. */
export function announced(shortcut: Shortcut, mac: boolean): string {
  const parts = [shortcut.mod ? (mac ? 'Meta' : 'Control') : '', shortcut.shift ? 'Shift' : ''];
  return [...parts.filter(Boolean), shortcut.key === '+' ? 'Plus' : shortcut.key].join('+');
}

function isSign(key: string): boolean {
  return key.length === 1 && !/[a-z0-9]/i.test(key);
}

const keyNames: Readonly<Record<string, string>> = { Enter: 'Enter', Delete: 'Delete', '-': '−' };
