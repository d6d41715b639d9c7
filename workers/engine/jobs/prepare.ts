/**
 * Everything before the first tile: plans the passes, opens the models, sizes the tiles, and makes the
 * stores, so that what cannot work is refused with its numbers before work starts.
 */

import type { Failure } from '../../../src/base/errors.ts';
import { fail, ok, type Result } from '../../../src/base/result.ts';
import { area, type Size } from '../../../src/picture/geometry.ts';
import type { MemoryStore } from '../../../src/picture/memory-store.ts';
import { ontoColour } from '../../../src/picture/onto-store.ts';
import { neededModels } from '../../../src/recipes/needed-models.ts';
import type { ModelPass, Pass } from '../../../src/recipes/passes.ts';
import { planPasses } from '../../../src/recipes/plan-passes.ts';
import type { BackendReport, Measurement } from '../../../src/protocol/backend.ts';
import type { Checkpoint, JobRequest, ToldModel } from '../../../src/protocol/engine.ts';
import { fitTile } from '../../../src/tiles/fit.ts';
import { planTiles } from '../../../src/tiles/plan.ts';
import { goodTile } from '../limits.ts';
import { takeNotice, type OpenedModel } from '../place.ts';
import { openLdsr } from '../diffusion/ldsr-open.ts';
import { openRefine, type OpenedRefine } from '../diffusion/open.ts';
import { alphaPass, blendEstimate, blendPass } from '../steps/blend.ts';
import { colourEstimate, colourPass } from '../steps/colour.ts';
import type { PassWork } from '../steps/pass-work.ts';
import { refineEstimate } from '../steps/refine-estimate.ts';
import { refinePass } from '../steps/refine.ts';
import { resizeEstimate, resizePass } from '../steps/resize.ts';
import { pictureAlpha, upscalePass } from '../steps/upscale.ts';
import { cancelled, type Go } from './control.ts';
import type { Emit, JobTools } from './job.ts';
import type { PassEstimate } from './progress.ts';

/** Of a run for one mean beside one for pixels; a rough figure, as the means come one after another in the network. */
const gatherCost = 0.6;

export interface PreparedJob {
  readonly passes: readonly Pass[];
  /** Shelf id of every pass's output. The last is the result. */
  readonly storeIds: readonly string[];
  readonly estimates: readonly PassEstimate[];
  readonly backend: BackendReport;
  readonly device: BackendReport;
  /** The speeds of the job's models, as far as they are known by now. */
  measured(): Measurement[];
  /** What was found out of models that redraw. */
  learned(): ToldModel[];
  start(pass: number, stores: PassStores, resumed?: Checkpoint): Promise<PassWork>;
}

/** What a pass reads and writes; `other` is the second input of those that have two. */
export interface PassStores {
  readonly input: MemoryStore;
  readonly other: MemoryStore | null;
  readonly output: MemoryStore;
}

export async function prepareJob(
  request: JobRequest,
  tools: JobTools,
  emit: Emit,
  go: Go,
): Promise<Result<PreparedJob>> {
  const source = tools.shelf.get(request.pictureId);
  if (!source.ok) return source;
  const cards = new Map(request.models.map((model) => [model.card.id, model]));
  const planned = planPasses(source.value, request.recipe, (id) => cards.get(id)?.card.scale);
  if (!planned.ok) return planned;
  const passes = planned.value;
  const storeIds =
    request.checkpoint?.stores ??
    passes.map((_, i) => (i === passes.length - 1 ? request.resultId : `${request.jobId}/pass-${i}`));
  if (!request.checkpoint) {
    const made = makeStores(passes, storeIds, tools);
    if (!made.ok) return made;
  }

  const notice = (said: Failure): void => {
    emit({ kind: 'notice', notice: said });
  };
  const given = <T>(result: Result<T>): Result<T> => {
    if (!result.ok && result.error.code !== 'gpu-lost') for (const id of storeIds) tools.shelf.drop(id);
    return result;
  };
  const models = new Map<string, OpenedModel>();
  const needed = new Set(neededModels(request.recipe).map((id) => cards.get(id)?.card.file.sha256 ?? ''));
  for (const pass of passes) {
    if (pass.kind !== 'model' || models.has(pass.model)) continue;
    const opened = given(go() ? await openModel(pass, cards, needed, tools) : cancelled());
    if (!opened.ok) return opened;
    const said = takeNotice(opened.value);
    if (said) notice(said);
    models.set(pass.model, opened.value);
  }

  const refines = new Map<number, OpenedRefine>();
  for (const [index, pass] of passes.entries()) {
    if (pass.kind !== 'refine' && pass.kind !== 'ldsr') continue;
    const diffusion = request.diffusion ?? { files: [], merges: new Blob() };
    const { backend } = tools;
    const resumedTile = request.checkpoint?.pass === index ? request.checkpoint.refine?.vaeTile : undefined;
    const opening = { notice, go, resumedTile };
    const refine =
      pass.kind === 'ldsr'
        ? await openLdsr(pass.ldsr, diffusion.files, pass.input, backend, opening)
        : await openRefine(pass.refine, diffusion, pass.output, backend, opening);
    if (!refine.ok) return given(refine);
    refines.set(index, refine.value);
  }

  const modelOf = (pass: ModelPass): OpenedModel => {
    const model = models.get(pass.model);
    if (!model) throw new Error(`The model ${pass.model} is not open.`);
    return model;
  };
  const tileSizes = passes.map((pass) =>
    pass.kind === 'model' ? tileFor(pass, modelOf(pass), request.tile, tools) : null,
  );

  return ok({
    passes,
    storeIds,
    estimates: passes.map((pass, i) => estimate(pass, tileSizes[i] ?? null, modelOf, refines.get(i))),
    backend: usedBackend(tools.backend.report, models),
    device: tools.backend.report,
    measured: () => [...models.values()].map((model) => model.measured),
    learned: () =>
      [...refines].flatMap(([index, { networks }]) => {
        const pass = passes[index];
        const checkpoint = pass?.kind === 'refine' ? pass.refine.weights?.checkpoint : undefined;
        const prediction = networks.learned;
        return checkpoint !== undefined && prediction ? [{ checkpoint, prediction }] : [];
      }),
    start: async (index, { input: stored, other, output }, resumed) => {
      const pass = passes[index];
      const onto = pass && 'onto' in pass ? pass.onto : undefined;
      const input = onto === undefined ? stored : ontoColour(stored, onto);
      const context = { input, output, notice };
      if (pass?.kind === 'model') {
        const size = resumed?.tileSize ?? tileSizes[index] ?? pass.input;
        const alpha = pass.colourOnly ? (input.depth === 16 ? 65535 : 255) : await pictureAlpha(input);
        return upscalePass(pass, modelOf(pass), alpha, context, {
          tileSize: size,
          limit: resumed?.limit ?? null,
          ...(resumed ? { pending: resumed.pending } : {}),
          ...(resumed?.means ? { means: resumed.means } : {}),
        });
      }
      if (pass?.kind === 'refine' || pass?.kind === 'ldsr') {
        const refine = refines.get(index);
        if (!refine) throw new Error(`Pass ${index} was not opened.`);
        return refinePass(context, { ...refine, ...(resumed?.refine ? { resumed: resumed.refine } : {}) });
      }
      if (pass?.kind === 'colour' && other) return colourPass(pass, context, other);
      if (pass?.kind === 'resample') return resizePass(pass, context);
      if (pass?.kind === 'blend' && other) return blendPass(pass, context, other);
      if (pass?.kind === 'alpha' && other) return alphaPass(pass, context, other);
      throw new RangeError(`Pass ${index} of ${passes.length}`);
    },
  });
}

/** All of them now: memory is only taken when it is written, but what cannot be had is said at once. */
function makeStores(passes: readonly Pass[], storeIds: readonly string[], { shelf }: JobTools): Result<null> {
  for (const [index, pass] of passes.entries()) {
    const made = shelf.create(storeIds[index] ?? '', pass.output, 8);
    if (made.ok) continue;
    for (const id of storeIds) shelf.drop(id);
    const { width, height } = pass.output;
    const megabytes = Math.round((area(pass.output) * 4) / 1e6);
    return fail(
      'output-too-large',
      `${width} × ${height} pixels need ${megabytes} MB of memory, more than this browser gives. Choose a smaller size, or enlarge parts of the picture.`,
      { width, height, megabytes },
    );
  }
  return ok(null);
}

async function openModel(
  pass: ModelPass,
  cards: ReadonlyMap<string, JobRequest['models'][number]>,
  needed: ReadonlySet<string>,
  { models }: JobTools,
): Promise<Result<OpenedModel>> {
  const source = cards.get(pass.model);
  if (!source) {
    const known = [...cards.keys()].join(', ');
    return fail(
      'model-unknown',
      `The recipe names the model "${pass.model}", which is not here (${known}).`,
      {
        model: pass.model,
      },
    );
  }
  return models.open(source, needed);
}

/** The read size of the tiles: what was asked for, else what memory and measured speed allow. */
function tileFor(
  pass: ModelPass,
  { session, measured }: OpenedModel,
  asked: number | undefined,
  { backend }: JobTools,
): Size {
  if (asked !== undefined) return { width: asked, height: asked };
  const speed = measured.pixelsPerSecond / (pass.orientations ?? 1);
  const pixels = goodTile(session.card, session, backend.gpu, speed);
  return fitTile(pass.input, session.card.tiles, pixels);
}

function estimate(
  pass: Pass,
  tileSize: Size | null,
  modelOf: (pass: ModelPass) => OpenedModel,
  refine: OpenedRefine | undefined,
): PassEstimate {
  if (pass.kind === 'model' && tileSize) {
    const { session, measured } = modelOf(pass);
    const plan = planTiles(pass.input, tileSize, session.card.tiles);
    const tiles = plan.tiles.length;
    const gathered = session.pooled && tiles > 1 ? session.pooled.points.length : 0;
    const ran = tiles * area(plan.tile) * ((pass.orientations ?? 1) + gathered * gatherCost);
    return { tiles: tiles * (1 + gathered), seconds: ran / measured.pixelsPerSecond };
  }
  if (pass.kind === 'resample') return resizeEstimate(pass);
  if (pass.kind === 'colour') return colourEstimate(pass);
  if (pass.kind === 'refine' || pass.kind === 'ldsr') return refineEstimate(refine?.planned);
  if (pass.kind === 'blend' || pass.kind === 'alpha') return blendEstimate(pass);
  throw new Error('A model pass without a tile size.');
}

/** The backend as the job's first model uses it: one that the GPU got wrong runs on the CPU, or in fp32. */
function usedBackend(report: BackendReport, models: ReadonlyMap<string, OpenedModel>): BackendReport {
  const [first] = models.values();
  if (!first) return report;
  const { backend, precision } = first.session;
  const reason = backend === report.backend ? report.reason : 'gpu-untrusted';
  return { ...report, backend, precision, reason };
}
