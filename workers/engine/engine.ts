/** The engine: one object behind `EngineApi`. It owns the GPU, the sessions and the shelf of pictures. */

import { transfer } from 'comlink';
import { fail, ok, type Result } from '../../src/base/result.ts';
import type { Size } from '../../src/picture/geometry.ts';
import type { EngineApi } from '../../src/protocol/engine.ts';
import { startBackend, type Backend } from './backend.ts';
import { compare } from './compare.ts';
import { driftOn } from './diffusion/drift-on.ts';
import { JobControl } from './jobs/control.ts';
import { quietly, runJob } from './jobs/job.ts';
import { viewOf } from './jobs/preview.ts';
import { Models } from './models.ts';
import { takeNotice } from './place.ts';
import { probeModel } from './probe/probe-model.ts';
import { exposePixels } from './pixel-port.ts';
import { Shelf } from './shelf.ts';

interface Started {
  readonly backend: Backend;
  readonly models: Models;
}

export function createEngine(): EngineApi {
  const shelf = new Shelf();
  const jobs = new Map<string, JobControl>();
  let started: Started | null = null;

  const running = (): Result<Started> =>
    started ? ok(started) : fail('internal', 'The engine was called before it was started.');

  return {
    start: async (options) => {
      const backend = await startBackend(options);
      if (!backend.ok) return backend;
      started = { backend: backend.value, models: new Models(backend.value) };
      return ok(backend.value.report);
    },

    prepare: async (source) => {
      const engine = running();
      if (!engine.ok) return engine;
      const opened = await engine.value.models.open(source);
      if (!opened.ok) return opened;
      const { measured } = opened.value;
      return ok({ backend: engine.value.backend.report, measured, notice: takeNotice(opened.value) });
    },

    measure: async (card) => {
      const engine = running();
      return engine.ok ? engine.value.models.measure(card) : engine;
    },

    probe: async (request) => {
      const engine = running();
      if (!engine.ok) return engine;
      const probed = await probeModel(engine.value.backend, shelf, request);
      if (!probed.ok) return probed;
      const { before, plain, after } = probed.value.tile;
      return transfer(probed, [before, plain, after]);
    },

    drift: async (request) => {
      const engine = running();
      if (!engine.ok) return engine;
      const control = new JobControl();
      jobs.set(request.jobId, control);
      const drift = await driftOn(engine.value.backend, request, control);
      jobs.delete(request.jobId);
      return drift;
    },

    run: async (request, onEvent) => {
      const engine = running();
      if (!engine.ok) return { kind: 'stopped', error: engine.error, checkpoint: null };
      const control = new JobControl();
      jobs.set(request.jobId, control);
      const outcome = await runJob(request, { shelf, ...engine.value }, control, quietly(onEvent));
      jobs.delete(request.jobId);
      return outcome;
    },

    pause: async (jobId) => jobs.get(jobId)?.pause(),
    resume: async (jobId) => jobs.get(jobId)?.resume(),
    cancel: async (jobId) => jobs.get(jobId)?.cancel(),

    view: async (pictureId, rect, max: Size) => {
      const store = shelf.get(pictureId);
      if (!store.ok) return store;
      const bitmap = await viewOf(store.value, rect, max);
      return transfer(ok(bitmap), [bitmap]);
    },

    crop: (pictureId, rect, newId) => shelf.crop(pictureId, rect, newId),

    compare: async (pictureId, other) => {
      const [one, two] = [shelf.get(pictureId), shelf.get(other)];
      if (!one.ok) return one;
      if (!two.ok) return two;
      const compared = await compare(one.value, two.value);
      return compared.ok ? transfer(compared, [compared.value.picture]) : compared;
    },

    drop: async (pictureId) => {
      shelf.drop(pictureId);
    },

    surrender: async () => {
      const pictures = shelf.surrender();
      return transfer(
        pictures,
        pictures.map(({ buffer }) => buffer),
      );
    },

    adopt: async (pictures) => {
      for (const picture of pictures) shelf.adopt(picture);
    },

    attach: async (port) => {
      exposePixels(shelf, port);
    },

    loseGpu: async () => {
      started?.backend.gpu?.device.destroy();
    },
  };
}
