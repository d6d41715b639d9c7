/** What computes here: the backend in use, why, and how fast each model was measured to be on it. */

import type { Failure } from '../../base/errors.ts';
import type { ModelCard } from '../../models/card.ts';
import type { BackendChoice, BackendReport, Measurement } from '../../protocol/backend.ts';
import type { ModelSource } from '../../protocol/engine.ts';
import { wordsOf, type Text } from '../i18n/en.ts';
import type { Notices } from './notices.svelte.ts';
import type { Services } from './services.ts';
import { deviceKey, parseSpeeds, withSpeed, type Speeds } from './speeds.ts';
import { readStored, writeStored } from './stored.ts';

const key = 'enlarger.speeds';

/** Smaller jobs are over before they have said anything about speed. */
const leastPixels = 40_000;

export class Device {
  readonly #services: Promise<Services>;
  readonly #notices: Notices;
  readonly #text: Text;
  #report = $state.raw<BackendReport | null>(null);
  #failed = $state.raw<Failure | null>(null);
  #speeds = $state.raw<Speeds>(parseSpeeds(readStored(key)));
  /** True once a model was prepared: before that `auto` has not decided. */
  #settled = $state(false);
  #starts = 0;
  readonly #known = $derived(this.#report ? (this.#speeds[deviceKey(this.#report)] ?? {}) : {});

  constructor(services: Promise<Services>, notices: Notices, text: Text) {
    this.#services = services;
    this.#notices = notices;
    this.#text = text;
  }

  get report(): BackendReport | null {
    return this.#report;
  }

  get failed(): Failure | null {
    return this.#failed;
  }

  /** Input pixels a second, or null where it was not measured yet. */
  speed(model: string): number | null {
    return this.#known[model] ?? null;
  }

  async start(choice: BackendChoice): Promise<void> {
    const { engine } = await this.#services;
    this.#settled = false;
    const start = ++this.#starts;
    engine.onBackend = (report) => this.#heard(report);
    const started = await engine.start({ choice });
    if (start !== this.#starts) return;
    if (started.ok) {
      this.#failed = null;
      this.#heard(started.value);
    } else {
      this.#failed = started.error;
      this.#report = null;
    }
  }

  /** Loads, checks and measures a model; with `auto` the first one decides between the backends. */
  async prepare(model: ModelSource): Promise<void> {
    const { engine } = await this.#services;
    const start = this.#starts;
    const prepared = await engine.prepare(model);
    if (start !== this.#starts) return; // for a backend that was given up meanwhile
    if (!prepared.ok) {
      this.#failed = prepared.error;
      return;
    }
    const { backend, measured, notice } = prepared.value;
    this.#failed = null;
    this.#heard(backend);
    this.#settled = true;
    this.#remember(measured);
    if (notice && notice.code !== backend.reason) this.#notices.news(wordsOf(this.#text, notice));
  }

  /** Times a model that was never timed on this device, without downloading it. */
  async measure(card: ModelCard): Promise<void> {
    const { engine } = await this.#services;
    const measured = await engine.measure(card);
    if (measured.ok) this.#remember(measured.value);
  }

  /** A finished job has measured its model better than any probe could. */
  learn(model: string, backend: BackendReport, pixels: number, seconds: number): void {
    if (pixels < leastPixels || seconds <= 0) return;
    const { backend: name, precision } = backend;
    this.#speeds = withSpeed(this.#speeds, deviceKey(backend), {
      model,
      backend: name,
      precision,
      pixelsPerSecond: pixels / seconds,
    });
    writeStored(key, this.#speeds);
  }

  /** A busy moment makes a probe slow, and nothing makes it too fast: what is known falls by half at most. */
  #remember(measured: Measurement): void {
    if (!this.#report) return;
    const known = this.speed(measured.model) ?? 0;
    const pixelsPerSecond = Math.max(measured.pixelsPerSecond, known / 2);
    this.#speeds = withSpeed(this.#speeds, deviceKey(this.#report), { ...measured, pixelsPerSecond });
    writeStored(key, this.#speeds);
  }

  #heard(report: BackendReport): void {
    const changed = this.#settled && this.#report && this.#report.backend !== report.backend;
    this.#report = report;
    if (!changed) return;
    const { names, reasons } = this.#text.device;
    this.#notices.trouble(this.#text.notices.backendChanged(names[report.backend], reasons[report.reason]));
  }
}
