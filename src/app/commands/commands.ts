/** Every command of the app, as data: buttons, shortcuts and the help sheet use the same objects. */

import type { Text } from '../i18n/en.ts';
import type { App } from '../state/app.svelte.ts';
import { clipboardPictures } from '../state/intake.ts';
import { themes } from '../state/settings.ts';
import { isActive } from '../state/status.ts';
import type { Shortcut } from './shortcut.ts';

export type Group = keyof Text['commands']['groups'];

export interface Command {
  readonly id: string;
  readonly group: Group;
  readonly label: (text: Text) => string;
  readonly shortcuts: readonly Shortcut[];
  readonly enabled: (app: App) => boolean;
  readonly run: (app: App) => unknown;
  /** Goes on for as long as the key is held. */
  readonly repeats?: boolean;
  /** The browser itself does it on this shortcut; it is only listed. */
  readonly native?: boolean;
}

function define<const Id extends string>(
  command: Command & { readonly id: Id },
): Command & { readonly id: Id } {
  return command;
}

const always = (): boolean => true;
const hasResult = (app: App): boolean => Boolean(selected(app)?.result);
const withFrame = (app: App): boolean => Boolean(selected(app)?.before);
const selected = (app: App): App['pictures']['selected'] => app.pictures.selected;

export const commands = {
  open: define({
    id: 'open',
    group: 'file',
    label: (text) => text.commands.open,
    shortcuts: [{ key: 'o', mod: true }],
    enabled: always,
    run: (app) => app.askForFiles(),
  }),
  paste: define({
    id: 'paste',
    group: 'file',
    label: (text) => text.commands.paste,
    shortcuts: [{ key: 'v', mod: true }],
    native: true,
    enabled: always,
    run: async (app) => {
      const files = await clipboardPictures();
      if (files === null) app.notices.trouble(app.text.notices.pasteFailed);
      else if (files.length === 0) app.notices.news(app.text.notices.nothingToPaste);
      else await app.intake.paste(files);
    },
  }),
  save: define({
    id: 'save',
    group: 'file',
    label: (text) => text.commands.save,
    shortcuts: [{ key: 's', mod: true }],
    enabled: (app) => hasResult(app) && !app.saving.busy,
    run: (app) => {
      const picture = selected(app);
      return picture && app.saving.save(picture);
    },
  }),
  saveAll: define({
    id: 'save-all',
    group: 'file',
    label: (text) => text.commands.saveAll,
    shortcuts: [{ key: 's', mod: true, shift: true }],
    enabled: (app) => app.pictures.results.length > 0 && !app.saving.busy,
    run: (app) => app.saving.saveAll(app.pictures.results),
  }),
  copy: define({
    id: 'copy',
    group: 'file',
    label: (text) => text.commands.copy,
    shortcuts: [{ key: 'c', mod: true }],
    // Selected text is what Copy means then.
    enabled: (app) => hasResult(app) && (getSelection()?.isCollapsed ?? true),
    run: (app) => {
      const picture = selected(app);
      return picture && app.saving.copy(picture);
    },
  }),
  remove: define({
    id: 'remove',
    group: 'file',
    label: (text) => text.commands.remove,
    shortcuts: [{ key: 'Delete' }],
    enabled: (app) => selected(app) !== null,
    run: (app) => {
      const picture = selected(app);
      return picture && app.askToRemove(picture);
    },
  }),
  next: define({
    id: 'next',
    repeats: true,
    group: 'file',
    label: (text) => text.commands.next,
    shortcuts: [{ key: 'n' }],
    enabled: (app) => app.pictures.neighbour(1) !== null,
    run: (app) => {
      const picture = app.pictures.neighbour(1);
      if (picture) app.select(picture);
    },
  }),
  previous: define({
    id: 'previous',
    repeats: true,
    group: 'file',
    label: (text) => text.commands.previous,
    shortcuts: [{ key: 'b' }],
    enabled: (app) => app.pictures.neighbour(-1) !== null,
    run: (app) => {
      const picture = app.pictures.neighbour(-1);
      if (picture) app.select(picture);
    },
  }),
  enlarge: define({
    id: 'enlarge',
    group: 'work',
    label: (text) => text.commands.enlarge,
    shortcuts: [{ key: 'Enter', mod: true }],
    enabled: (app) => app.ready.length > 0,
    run: (app) => app.enlarge(app.ready),
  }),
  enlargeOne: define({
    id: 'enlarge-one',
    group: 'work',
    label: (text) => text.commands.enlargeOne,
    shortcuts: [{ key: 'Enter', mod: true, shift: true }],
    enabled: (app) => {
      const picture = selected(app);
      return picture !== null && app.ready.includes(picture);
    },
    run: (app) => {
      const picture = selected(app);
      if (picture) app.enlarge([picture]);
    },
  }),
  pause: define({
    id: 'pause',
    group: 'work',
    label: (text) => text.commands.pause,
    shortcuts: [{ key: 'p' }],
    enabled: (app) => {
      const kind = app.pictures.working?.status.kind;
      return kind === 'running' || kind === 'paused';
    },
    run: (app) => (app.pictures.working?.status.kind === 'paused' ? app.jobs.resume() : app.jobs.pause()),
  }),
  cancel: define({
    id: 'cancel',
    group: 'work',
    label: (text) => text.commands.cancel,
    shortcuts: [{ key: '.', mod: true }],
    enabled: (app) => app.pictures.active.length > 0,
    run: (app) => {
      const picture = selected(app);
      const target = picture && isActive(picture.status) ? picture : app.pictures.working;
      return target && app.jobs.cancel(target);
    },
  }),
  fit: define({
    id: 'fit',
    group: 'view',
    label: (text) => text.commands.fit,
    shortcuts: [{ key: '0' }],
    enabled: withFrame,
    run: (app) => app.viewer.fit(),
  }),
  actual: define({
    id: 'actual',
    group: 'view',
    label: (text) => text.commands.actual,
    shortcuts: [{ key: '1' }],
    enabled: withFrame,
    run: (app) => app.viewer.exact(1),
  }),
  double: define({
    id: 'double',
    group: 'view',
    label: (text) => text.commands.double,
    shortcuts: [{ key: '2' }],
    enabled: withFrame,
    run: (app) => app.viewer.exact(2),
  }),
  zoomIn: define({
    id: 'zoom-in',
    repeats: true,
    group: 'view',
    label: (text) => text.commands.zoomIn,
    shortcuts: [{ key: '+' }, { key: '=' }],
    enabled: withFrame,
    run: (app) => app.viewer.zoomIn(),
  }),
  zoomOut: define({
    id: 'zoom-out',
    repeats: true,
    group: 'view',
    label: (text) => text.commands.zoomOut,
    shortcuts: [{ key: '-' }],
    enabled: withFrame,
    run: (app) => app.viewer.zoomOut(),
  }),
  loupe: define({
    id: 'loupe',
    group: 'view',
    label: (text) => text.commands.loupe,
    shortcuts: [{ key: 'l' }],
    enabled: withFrame,
    run: (app) => app.viewer.toggleLoupe(),
  }),
  swap: define({
    id: 'swap',
    group: 'view',
    label: (text) => text.commands.swap,
    shortcuts: [{ key: 'x' }],
    enabled: withFrame,
    run: (app) => app.viewer.swap(),
  }),
  models: define({
    id: 'models',
    group: 'app',
    label: (text) => text.commands.models,
    shortcuts: [{ key: 'm' }],
    enabled: always,
    run: (app) => {
      app.browsing = true;
    },
  }),
  theme: define({
    id: 'theme',
    group: 'app',
    label: (text) => text.commands.theme,
    shortcuts: [{ key: 't' }],
    enabled: always,
    run: (app) => {
      const index = themes.indexOf(app.choices.current.theme);
      app.choices.change({ theme: themes[(index + 1) % themes.length] ?? 'auto' });
    },
  }),
  help: define({
    id: 'help',
    group: 'app',
    label: (text) => text.commands.help,
    shortcuts: [{ key: '?' }],
    enabled: always,
    run: (app) => {
      app.help = !app.help;
    },
  }),
} as const;

export const commandList: readonly Command[] = Object.values(commands);
