/** What the app does while the person is away: keeps the screen on, and tells when a long job is done. */

/** A job that took longer deserves a notification when nobody looks. */
const longSeconds = 20;

export class Presence {
  #wanted = false;
  #lock: WakeLockSentinel | null = null;
  #asking = false;

  /** Keeps the screen on until `rest`; browsers drop the lock with the tab, so it is taken again. */
  work(): void {
    this.#wanted = true;
    void this.#acquire();
  }

  rest(): void {
    this.#wanted = false;
    void this.#lock?.release();
    this.#lock = null;
  }

  /** Call when the page is visible again. */
  seen(): void {
    if (this.#wanted) void this.#acquire();
  }

  /** Asks quietly, from the click that starts a long job, and only once. */
  expect(seconds: number): void {
    if (seconds < longSeconds || !('Notification' in window)) return;
    if (Notification.permission === 'default') void Notification.requestPermission();
  }

  tell(title: string, body: string, seconds: number): void {
    if (seconds < longSeconds || !document.hidden || !('Notification' in window)) return;
    if (Notification.permission !== 'granted') return;
    try {
      const notification = new Notification(title, { body, tag: 'enlarger-done' });
      notification.onclick = () => {
        window.focus();
        notification.close();
      };
    } catch {
      // Some phones allow notifications only from a service worker; the title still tells.
    }
  }

  async #acquire(): Promise<void> {
    if (!('wakeLock' in navigator) || document.hidden || (this.#lock && !this.#lock.released)) return;
    // Work may rest and start again before the browser has answered; two locks would leave one held for good.
    if (this.#asking) return;
    this.#asking = true;
    try {
      this.#lock = await navigator.wakeLock.request('screen');
      if (!this.#wanted) this.rest();
    } catch {
      // Low battery or a policy: the work goes on all the same.
    } finally {
      this.#asking = false;
    }
  }
}
