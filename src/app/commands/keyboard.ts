/** Key presses to commands. What is typed into a field, or said to a native control, stays there. */

import type { App } from '../state/app.svelte.ts';
import { commandList } from './commands.ts';
import { isSingleCharacter, matches } from './shortcut.ts';

export function handleKey(app: App, event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || document.querySelector('dialog[open]')) return;
  for (const command of commandList) {
    const shortcut = command.shortcuts.find((candidate) => matches(candidate, event));
    if (!shortcut || command.native) continue;
    if (isTyping(event.target) && (!shortcut.mod || editing.has(shortcut.key))) return;
    if (isSingleCharacter(shortcut) && !app.choices.current.letterKeys) return;
    // A command that cannot run leaves the key to the browser, except those it would misuse.
    if (!command.enabled(app) && !shortcut.mod) return;
    if (command.id === 'copy' && !command.enabled(app)) return;
    event.preventDefault();
    if (event.repeat && !command.repeats) return;
    if (command.enabled(app)) void command.run(app);
    return;
  }
}

/** Keys that mean something of their own in a field, with Control or Command. */
const editing: ReadonlySet<string> = new Set(['c', 'v']);

/** Fields that take characters; a radio button or a slider does not. */
function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (
    target.isContentEditable ||
    target instanceof HTMLTextAreaElement ||
    target instanceof HTMLSelectElement
  ) {
    return true;
  }
  return (
    target instanceof HTMLInputElement && !['radio', 'checkbox', 'range', 'button'].includes(target.type)
  );
}
