/**
 * Runs the queue, one job after another: decode, open the model, run the recipe. Every wait ends with
 * a look at whether the job is still wanted, since it can be cancelled at any time.
 */

import type { DiffusionSource, JobDone, JobEvent, JobOutcome, ModelSource } from '../../protocol/engine.ts';
import type { Pass } from '../../recipes/passes.ts';
import { isDiffusion, neededModels } from '../../recipes/needed-models.ts';
import { planPasses } from '../../recipes/plan-passes.ts';
import type { Recipe } from '../../recipes/recipe.ts';
import { area } from '../../picture/geometry.ts';
import { fromThrown, ok, type Result } from '../../base/result.ts';
import { wordsOf, type Text } from '../i18n/en.ts';
import { mapFrom, mapped } from '../viewer/frame-map.ts';
import { Surface } from '../viewer/surface.ts';
import type { Device } from './device.svelte.ts';
import type { Diffusion } from './diffusion.svelte.ts';
import type { Library } from './library.svelte.ts';
import { surfacePixels } from './memory.ts';
import type { Notices } from './notices.svelte.ts';
import type { Picture } from './picture.svelte.ts';
import type { Services } from './services.ts';
import type { Shelf } from './shelf.ts';
import { isAtWork } from './status.ts';

/** One job on its way: what its tiles are drawn into. */
interface Run {
  readonly picture: Picture;
  readonly passes: readonly Pass[];
  readonly surface: Surface;
}

export interface JobsContext {
  readonly services: Promise<Services>;
  readonly shelf: Shelf;
  readonly library: Library;
  /** The files of diffusion models on this device. */
  readonly diffusion: Pick<Diffusion, 'learn' | 'sourceFor'>;
  readonly device: Device;
  readonly notices: Notices;
  readonly text: Text;
  /** Called when a job has ended, whatever came of it. */
  readonly ended: (picture: Picture) => void;
}

export class Jobs {
  readonly #context: JobsContext;
  #line: Picture[] = [];
  #running = $state(false);
  /** The engine is still at a tile of a job that was cancelled. */
  #finishing = $state(false);
  #runs = 0;
  #jobId: string | null = null;

  constructor(context: JobsContext) {
    this.#context = context;
  }

  /** True from the first queued job to the end of the last. */
  get running(): boolean {
    return this.#running;
  }

  /** True while the engine ends the tile of a cancelled job. */
  get finishing(): boolean {
    return this.#finishing;
  }

  enqueue(pictures: readonly Picture[], recipe: Recipe): void {
    for (const picture of pictures) {
      if (this.#line.includes(picture) || isAtWork(picture.status)) continue;
      picture.recipe = recipe;
      picture.dispatch({ kind: 'enqueue' });
      this.#line.push(picture);
    }
    if (!this.#running) void this.#work();
  }

  async pause(): Promise<void> {
    const { engine } = await this.#context.services;
    if (this.#jobId) await engine.pause(this.#jobId);
  }

  async resume(): Promise<void> {
    const { engine } = await this.#context.services;
    if (this.#jobId) await engine.resume(this.#jobId);
  }

  async cancel(picture: Picture): Promise<void> {
    const atWork = isAtWork(picture.status);
    this.#line = this.#line.filter((other) => other !== picture);
    picture.dispatch({ kind: 'cancel' });
    const { engine } = await this.#context.services;
    if (!atWork || !this.#jobId) return;
    this.#finishing = true;
    await engine.cancel(this.#jobId);
  }

  async #work(): Promise<void> {
    this.#running = true;
    for (let picture = this.#line.shift(); picture; picture = this.#line.shift()) {
      try {
        await this.#runOne(picture);
      } catch (thrown) {
        picture.dispatch({ kind: 'fail', error: fromThrown(thrown) });
      }
      this.#jobId = null;
      this.#finishing = false;
      this.#context.ended(picture);
    }
    this.#running = false;
  }

  async #runOne(picture: Picture): Promise<void> {
    const { recipe } = picture;
    if (!recipe) return;
    let outcome = await this.#attempt(picture, recipe);
    // An engine that dies takes its pictures along: once, the job starts anew from the file.
    if (outcome?.kind === 'stopped' && outcome.error.code === 'worker-died' && isAtWork(picture.status)) {
      const { notices, text } = this.#context;
      notices.news(text.notices.about(picture.name, text.notices.startsAnew));
      await (await this.#context.services).engine.ready();
      outcome = await this.#attempt(picture, recipe);
    }
    if (outcome) await this.#end(picture, recipe, outcome);
  }

  /** One run of a job; null when it failed, or was cancelled, before the engine had it. */
  async #attempt(picture: Picture, recipe: Recipe): Promise<JobOutcome | null> {
    const { shelf, services, library } = this.#context;
    picture.progress = null;
    picture.dispatch({ kind: 'prepare', what: { kind: 'decode' } });
    const there = await shelf.source(picture);
    if (!there.ok) {
      picture.dispatch({ kind: 'fail', error: there.error });
      return null;
    }
    if (!isAtWork(picture.status)) return null;
    const models = await this.#models(picture, recipe);
    if (!models.ok) {
      picture.dispatch({ kind: 'fail', error: models.error });
      return null;
    }
    if (!isAtWork(picture.status)) return null;
    const diffusion = await this.#diffusion(picture, recipe);
    if (!isAtWork(picture.status)) return null;
    if (diffusion && !diffusion.ok) {
      picture.dispatch({ kind: 'fail', error: diffusion.error });
      return null;
    }
    picture.dispatch({ kind: 'prepare', what: { kind: 'session' } });
    const { engine } = await services;
    const planned = planPasses(there.value, recipe, (id) => library.card(id)?.scale);
    if (!planned.ok) {
      picture.dispatch({ kind: 'fail', error: planned.error });
      return null;
    }
    const passes = planned.value;
    const surface = Surface.empty(passes.at(-1)?.output ?? there.value, surfacePixels());
    picture.passes = passes;
    picture.showAfter(surface);
    const resultId = `${picture.id}-result-${++this.#runs}`;
    this.#jobId = resultId;
    return engine.run(
      {
        jobId: resultId,
        pictureId: picture.id,
        resultId,
        recipe,
        models: models.value,
        ...(diffusion ? { diffusion: diffusion.value } : {}),
        previewPixels: surfacePixels(),
      },
      (event) => this.#hear({ picture, passes, surface }, event),
    );
  }

  async #models(picture: Picture, recipe: Recipe): Promise<Result<ModelSource[]>> {
    const sources: ModelSource[] = [];
    for (const id of neededModels(recipe)) {
      picture.dispatch({ kind: 'prepare', what: { kind: 'model', bytes: 0, total: 0 } });
      const opened = await this.#context.library.open(id, ({ bytes, total }) => {
        picture.dispatch({ kind: 'prepare', what: { kind: 'model', bytes, total } });
      });
      if (!opened.ok) return opened;
      sources.push(opened.value);
    }
    return ok(sources);
  }

  /** The files of the recipe's diffusion model; null where it does not redraw. */
  async #diffusion(picture: Picture, { steps }: Recipe): Promise<Result<DiffusionSource> | null> {
    const refining = steps.filter(isDiffusion);
    if (refining.length === 0) return null;
    return this.#context.diffusion.sourceFor(refining, (words) => {
      picture.dispatch({ kind: 'prepare', what: { kind: 'told', words } });
      return isAtWork(picture.status);
    });
  }

  #hear({ picture, passes, surface }: Run, event: JobEvent): void {
    // Events and the outcome take different ways between the threads: the last tiles may come late.
    if (!isAtWork(picture.status) && event.kind !== 'preview') return;
    switch (event.kind) {
      case 'passes':
        picture.dispatch({ kind: 'run' });
        return;
      case 'tile':
        picture.progress = { ...event, at: performance.now() };
        return;
      case 'preview': {
        const map = mapFrom(passes, event.pass);
        if (event.pass > 0 && surface.done !== 'all') void surface.finish();
        void surface.draw(event.bitmap, mapped(map, event.rect)).then(() => {
          event.bitmap.close();
          picture.redraw();
        });
        return;
      }
      case 'state':
        picture.dispatch({ kind: event.state === 'paused' ? 'pause' : 'run' });
        return;
      case 'notice': {
        const { notices, text } = this.#context;
        notices.news(text.notices.about(picture.name, wordsOf(text, event.notice)));
      }
    }
  }

  #learn({ passes }: Picture, recipe: Recipe, { device, seconds, refined }: JobDone): void {
    if (refined) this.#context.device.learn(refined.name, device, refined.work, refined.seconds);
    const [model, ...others] = neededModels(recipe);
    // Of two the job does not know which took how long.
    if (recipe.steps.length !== 1 || model === undefined || others.length > 0) return;
    const pixels = passes.reduce(
      (sum, pass) => sum + (pass.kind === 'model' ? area(pass.input) * (pass.orientations ?? 1) : 0),
      0,
    );
    this.#context.device.learn(model, device, pixels, seconds.run);
  }

  async #end(picture: Picture, recipe: Recipe, outcome: JobOutcome): Promise<void> {
    const { shelf } = this.#context;
    if (outcome.kind === 'done' && isAtWork(picture.status)) {
      const { width, height, opaque, resultId, seconds, backend } = outcome;
      const former = picture.result;
      void picture.after?.finish().then(() => picture.redraw());
      picture.result = {
        id: resultId,
        width,
        height,
        opaque,
        recipe,
        passes: picture.passes,
        seconds: seconds.load + seconds.run,
        backend: this.#context.text.device.names[backend.backend],
      };
      this.#learn(picture, recipe, outcome);
      if (outcome.learned?.length) void this.#context.diffusion.learn(outcome.learned);
      picture.saved = false;
      shelf.arrived(resultId, { width, height });
      picture.dispatch({ kind: 'finish' });
      picture.redraw();
      if (former) await shelf.forget([former.id]);
      return;
    }
    // What a job that did not end well had drawn gives way to the former result, or to the picture.
    picture.showAfter(null);
    picture.passes = picture.result?.passes ?? [];
    if (outcome.kind === 'done') {
      shelf.arrived(outcome.resultId, outcome);
      await shelf.forget([outcome.resultId]);
      return;
    }
    // A cancelled run ends when its tile does; by then the picture may wait for its next job.
    if (!isAtWork(picture.status)) return;
    if (outcome.error.code === 'cancelled') picture.dispatch({ kind: 'cancel' });
    else picture.dispatch({ kind: 'fail', error: outcome.error });
  }
}
