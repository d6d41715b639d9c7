/**
 * One worker from the page's side: started when first needed, watched, and replaced when it dies.
 * A call never stays pending for ever: when the worker dies every call in flight is answered with
 * `worker-died`, and the next call starts a new worker. (comlink alone leaves them pending.)
 */

import { releaseProxy, wrap, type Remote } from 'comlink';
import { failure, fromThrown, type Result } from '../base/result.ts';

export class WorkerClient<Api> {
  readonly #spawn: () => Worker;
  readonly #started: (api: Remote<Api>) => Promise<unknown>;
  readonly #died: () => void;
  #live: Live<Api> | null = null;

  /**
   * `started` runs once for every new worker, before the first call reaches it; `died` as soon as one is
   * gone, before its calls are answered.
   */
  constructor(
    spawn: () => Worker,
    started: (api: Remote<Api>) => Promise<unknown> = () => Promise.resolve(),
    died: () => void = () => undefined,
  ) {
    this.#spawn = spawn;
    this.#started = started;
    this.#died = died;
  }

  /** Calls the worker; a rejected promise becomes `internal`, a dead worker `worker-died`. */
  async call<T>(work: (api: Remote<Api>) => Promise<Result<T>>): Promise<Result<T>> {
    const outcome = await this.attempt(work);
    return outcome.ok ? outcome.value : outcome;
  }

  /** Like `call`, for methods that do not return a `Result` themselves. */
  async attempt<T>(work: (api: Remote<Api>) => Promise<T>): Promise<Result<T>> {
    const live = (this.#live ??= this.#start());
    try {
      const value = await Promise.race([live.ready.then(() => work(live.api)), live.death]);
      return { ok: true, value };
    } catch (thrown) {
      if (thrown instanceof WorkerDied) return { ok: false, error: failure('worker-died', thrown.message) };
      return { ok: false, error: fromThrown(thrown) };
    }
  }

  get alive(): boolean {
    return this.#live !== null;
  }

  /** Ends the worker at once; calls in flight get `worker-died`. The next call starts a new one. */
  end(reason = 'The worker was ended.'): void {
    this.#live?.die(new WorkerDied(reason));
  }

  #start(): Live<Api> {
    const worker = this.#spawn();
    const api = wrap<Api>(worker);
    let die: (died: WorkerDied) => void = () => undefined;
    const death = new Promise<never>((_, reject) => {
      die = reject;
    });
    death.catch(() => undefined);
    const live: Live<Api> = {
      api,
      death,
      ready: this.#started(api),
      die: (died) => {
        if (this.#live !== live) return; // dead already
        this.#live = null;
        api[releaseProxy]();
        worker.terminate();
        this.#died();
        die(died);
      },
    };
    live.ready.catch(() => undefined);
    const onError = (event: Event): void => {
      const message = event instanceof ErrorEvent ? event.message : 'It could not be started or read.';
      live.die(new WorkerDied(`A worker stopped unexpectedly. ${message}`));
    };
    worker.addEventListener('error', onError);
    worker.addEventListener('messageerror', onError);
    return live;
  }
}

interface Live<Api> {
  readonly api: Remote<Api>;
  readonly ready: Promise<unknown>;
  readonly death: Promise<never>;
  readonly die: (died: WorkerDied) => void;
}

class WorkerDied extends Error {}
