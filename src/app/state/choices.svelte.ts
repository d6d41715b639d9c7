/** The settings as state: read by everyone, changed in one place, remembered in localStorage. */

import type { BackendChoice } from '../../protocol/backend.ts';
import { oneOfChoices, parseSettings, type Settings } from './settings.ts';
import { readStored, writeStored } from './stored.ts';

const key = 'enlarger.settings';

export class Choices {
  #settings = $state.raw<Settings>(parseSettings(readStored(key)));
  /** Given in the address for this visit only; tests name the backend this way. */
  #backendOfVisit = $state.raw<BackendChoice | null>(
    oneOfChoices(new URLSearchParams(location.search).get('backend')),
  );

  get current(): Settings {
    return this.#settings;
  }

  get backend(): BackendChoice {
    return this.#backendOfVisit ?? this.#settings.backend;
  }

  change(change: Partial<Settings>): void {
    if (change.backend) this.#backendOfVisit = null;
    this.#settings = parseSettings({ ...this.#settings, ...change });
    writeStored(key, this.#settings);
  }
}
