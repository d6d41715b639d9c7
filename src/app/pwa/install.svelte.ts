/** Installing the app, where the browser offers it. */

/** Not in the standard library: only some browsers have it. */
interface InstallPrompt extends Event {
  prompt(): Promise<{ readonly outcome: 'accepted' | 'dismissed' }>;
}

export class Install {
  #prompt = $state.raw<InstallPrompt | null>(null);

  /** Made early: the browser offers once, soon after the page was loaded. */
  constructor() {
    window.addEventListener('beforeinstallprompt', (event) => {
      if (!isInstallPrompt(event)) return;
      // We show our own button.
      event.preventDefault();
      this.#prompt = event;
    });
    window.addEventListener('appinstalled', () => {
      this.#prompt = null;
    });
  }

  get canInstall(): boolean {
    return this.#prompt !== null;
  }

  /** Asks the person, by the browser's own dialog. An offer can be used once. */
  async install(): Promise<void> {
    const prompt = this.#prompt;
    this.#prompt = null;
    await prompt?.prompt().catch(() => undefined);
  }
}

function isInstallPrompt(event: Event): event is InstallPrompt {
  return 'prompt' in event && typeof event.prompt === 'function';
}
