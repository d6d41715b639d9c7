/** The app as an installed, offline one: what the page shows of it, and the files that come in through it. */

import { Install } from '../pwa/install.svelte.ts';
import { reloadForIsolation } from '../pwa/isolation.ts';
import { onLaunchedFiles } from '../pwa/launched-files.ts';
import { prepareOffline, type OfflineNeeds } from '../pwa/offline.ts';
import { takeSharedFiles } from '../pwa/shared-files.ts';
import { Updates } from '../pwa/updates.svelte.ts';
import type { Text } from '../i18n/en.ts';
import { wordsOf } from '../i18n/en.ts';
import type { Intake } from './intake.ts';
import type { Notices } from './notices.svelte.ts';

/** What a reload would find in the page. */
interface PageState {
  /** Nothing is open and nothing runs: nothing would be lost. */
  readonly empty: () => boolean;
  /** A result was not saved. */
  readonly unsaved: () => boolean;
}

export class Installed {
  readonly #install = new Install();
  readonly #updates = new Updates();
  readonly #intake: Intake;
  readonly #notices: Notices;
  readonly #text: Text;
  readonly #page: PageState;
  #offline = $state(false);

  constructor(intake: Intake, notices: Notices, text: Text, page: PageState) {
    this.#page = page;
    this.#intake = intake;
    this.#notices = notices;
    this.#text = text;
  }

  /** Everything that the main job needs is kept on this device. */
  get offline(): boolean {
    return this.#offline;
  }

  get canInstall(): boolean {
    return this.#install.canInstall;
  }

  get updateWaiting(): boolean {
    return this.#updates.waiting;
  }

  async start(): Promise<void> {
    onLaunchedFiles((files) => void this.#intake.add(files));
    const shared = await takeSharedFiles();
    if (!shared.ok) this.#notices.trouble(wordsOf(this.#text, shared.error));
    else if (shared.value.length > 0) void this.#intake.add(shared.value);
    reloadForIsolation(this.#page.empty);
    await this.#updates.start();
  }

  async keep(needs: OfflineNeeds): Promise<void> {
    this.#offline = await prepareOffline(needs);
  }

  install(): Promise<void> {
    return this.#install.install();
  }

  /** Never under a running job, of this tab or another, and only when nothing of this tab would be lost. */
  async update(): Promise<void> {
    // Asked before the new version takes over: a page that stays would miss the old one's files.
    if (this.#page.unsaved()) {
      this.#notices.news(this.#text.notices.updateUnsaved);
      return;
    }
    if (!(await this.#updates.apply())) this.#notices.news(this.#text.notices.updateBusy);
  }

  setBusy(busy: boolean): void {
    this.#updates.setBusy(busy);
  }
}
