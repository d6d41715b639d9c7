/**
 * Finds where a model runs: on the GPU in half precision, on the GPU in full precision, or on the CPU. A GPU
 * is trusted only after its golden tile; while `auto` is undecided, the first model's times decide.
 */

import type { Failure } from '../../src/base/errors.ts';
import { failure, ok, type Result } from '../../src/base/result.ts';
import type { TensorTable } from '../../src/formats/tensor-table.ts';
import type { ModelCard } from '../../src/models/card.ts';
import type { BackendName, Measurement, Precision } from '../../src/protocol/backend.ts';
import type { Backend } from './backend.ts';
import { goldenSide, goldenTile, judge, type Verdict } from './golden.ts';
import { largestTile } from './limits.ts';
import { measureShape, measureSpeed } from './measure.ts';
import { createSession, type ModelSession } from './model-session.ts';

export interface OpenedModel {
  readonly session: ModelSession;
  /** At first a short test run; then what jobs really reach. */
  measured: Measurement;
  /** When this model does not run where, or as, the others do; null once it was told. */
  notice: Failure | null;
}

/** Takes a tile's real speed in: newer tiles count more. */
export function observe(model: OpenedModel, pixels: number, seconds: number): void {
  const speed = pixels / Math.max(seconds, 1e-4);
  const { pixelsPerSecond } = model.measured;
  model.measured = { ...model.measured, pixelsPerSecond: (pixelsPerSecond + speed) / 2 };
}

/** What has to be told of a model, for whoever tells it: once. */
export function takeNotice(model: OpenedModel): Failure | null {
  const { notice } = model;
  model.notice = null;
  return notice;
}

export type CreateSession = (
  backend: Backend,
  card: ModelCard,
  table: TensorTable,
  name: BackendName,
  precision: Precision,
) => Promise<Result<ModelSession>>;

export const createOn: CreateSession = ({ runtime, gate, gpu }, card, table, name, precision) =>
  createSession(runtime, gate, card, table, { backend: name, precision, device: gpu?.device ?? null });

/** Failures: `gpu-lost`, `out-of-memory`, `model-damaged`. Nothing is left open then. */
export async function place(
  backend: Backend,
  card: ModelCard,
  table: TensorTable,
  create: CreateSession = createOn,
): Promise<Result<OpenedModel>> {
  const { backend: name, precision } = backend.report;
  const cpu = await create(backend, card, table, 'wasm', 'fp32');
  if (!cpu.ok || name === 'wasm') return finish(backend, cpu, null);
  const expected = await runGolden(cpu.value);
  if (!expected.ok) return released(cpu.value, expected);

  // A foreign graph computes in the precision that it was written in.
  const tries: Precision[] = precision === 'fp16' && !card.foreign ? ['fp16', 'fp32'] : ['fp32'];
  let why = '';
  for (const attempt of tries) {
    const gpu = await create(backend, card, table, 'webgpu', attempt);
    const verdict = await trust(gpu, expected.value, attempt);
    if (!verdict.ok) return released(cpu.value, verdict);
    if (gpu.ok && verdict.value.trusted) {
      const notice = attempt === tries[0] ? null : fullPrecision(card, why);
      return choose(backend, gpu.value, cpu.value, notice);
    }
    if (!verdict.value.trusted) ({ why } = verdict.value);
    if (gpu.ok) await gpu.value.release();
  }
  return distrust(backend, cpu.value, why);
}

/** Input pixels a second of a session, as large a tile as this device can take. `side` is where it begins. */
export async function time(
  backend: Backend,
  session: ModelSession,
  side = goldenSide,
): Promise<Result<Measurement>> {
  const { card, backend: name, precision } = session;
  const { fixed } = card.tiles;
  const speed = fixed
    ? await measureShape(session, fixed)
    : await measureSpeed(session, largestTile(card, session, backend.gpu), side);
  return speed.ok ? ok({ model: card.id, backend: name, precision, pixelsPerSecond: speed.value }) : speed;
}

function runGolden(session: ModelSession): Promise<Result<Float32Array>> {
  return session.run(goldenTile(), { width: goldenSide, height: goldenSide });
}

/** Only a lost GPU is a failure here: everything else is a reason not to trust it. */
async function trust(
  gpu: Result<ModelSession>,
  expected: Float32Array,
  precision: Precision,
): Promise<Result<Verdict>> {
  const result = gpu.ok ? await runGolden(gpu.value) : gpu;
  if (result.ok) return ok(judge(result.value, expected, precision));
  if (result.error.code === 'gpu-lost') return result;
  return ok({ trusted: false, difference: Number.NaN, why: result.error.message });
}

/** Both are right. The first model decides by time; after that the GPU it is. */
async function choose(
  backend: Backend,
  gpu: ModelSession,
  cpu: ModelSession,
  notice: Failure | null,
): Promise<Result<OpenedModel>> {
  const onGpu = await time(backend, gpu);
  if (!onGpu.ok && onGpu.error.code === 'gpu-lost') return released(cpu, onGpu);
  if (!onGpu.ok) {
    await gpu.release();
    return distrust(backend, cpu, onGpu.error.message);
  }
  const onCpu = backend.undecided ? await time(backend, cpu) : null;
  if (onCpu?.ok && onCpu.value.pixelsPerSecond > onGpu.value.pixelsPerSecond) {
    await gpu.release();
    backend.settle('wasm', 'cpu-faster', 'fp32');
    return ok({ session: cpu, measured: onCpu.value, notice: null });
  }
  await cpu.release();
  if (backend.undecided) {
    // A foreign graph says nothing of this GPU's half precision.
    const precision = gpu.card.foreign ? backend.report.precision : gpu.precision;
    backend.settle('webgpu', 'gpu-faster', precision);
  }
  return ok({ session: gpu, measured: onGpu.value, notice });
}

/** The first model speaks for the device; later ones only for themselves. */
function distrust(backend: Backend, cpu: ModelSession, why: string): Promise<Result<OpenedModel>> {
  const { card } = cpu;
  const notice = failure(
    'gpu-untrusted',
    `The GPU failed the check of "${card.name}" (${why}), so this model runs on the CPU. A newer graphics driver or browser may help.`,
    { model: card.id, why },
  );
  if (backend.undecided) backend.settle('wasm', 'gpu-untrusted', 'fp32');
  return finish(backend, ok(cpu), notice);
}

function fullPrecision(card: ModelCard, why: string): Failure {
  return failure(
    'fp16-untrusted',
    `This GPU's half precision failed the check of "${card.name}" (${why}), so this model computes in full precision, which takes longer. A newer graphics driver or browser may help.`,
    { model: card.id, why },
  );
}

async function finish(
  backend: Backend,
  session: Result<ModelSession>,
  notice: Failure | null,
): Promise<Result<OpenedModel>> {
  if (!session.ok) return session;
  const measured = await time(backend, session.value);
  if (!measured.ok) return released(session.value, measured);
  return ok({ session: session.value, measured: measured.value, notice });
}

async function released<T>(session: ModelSession, outcome: T): Promise<T> {
  await session.release();
  return outcome;
}
