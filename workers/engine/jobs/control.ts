import { fail, type Result } from '../../../src/base/result.ts';

/** Whether work is still wanted: asked now and then while weights are made, which reads Blobs, so that messages come in. */
export type Go = () => boolean;

export function cancelled(): Result<never> {
  return fail('cancelled', 'The job was cancelled.');
}

/** Pause and cancel of one job. Both take effect between two tiles, and a cancel while the job is prepared, too. */
export class JobControl {
  #cancelled = false;
  #resume: (() => void) | null = null;
  #paused: Promise<void> | null = null;

  get cancelled(): boolean {
    return this.#cancelled;
  }

  get paused(): boolean {
    return this.#paused !== null;
  }

  pause(): void {
    this.#paused ??= new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  resume(): void {
    this.#resume?.();
    this.#resume = null;
    this.#paused = null;
  }

  cancel(): void {
    this.#cancelled = true;
    this.resume();
  }

  /** Lets waiting messages in (a CPU run blocks this thread), then waits while paused. */
  async turn(onPause: (paused: boolean) => void): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve));
    if (!this.#paused) return;
    onPause(true);
    await this.#paused;
    if (!this.#cancelled) onPause(false);
  }
}
