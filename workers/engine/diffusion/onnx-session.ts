/** A ready-made graph as a session like the others: what it is given and what it gives are adapted by what its session tells of its ends. */

import type { InferenceSession, Tensor, TensorConstructor } from 'onnxruntime-web';
import type { ReadyPart } from '../../../src/architectures/diffusion/onnx-part.ts';
import type { Failure } from '../../../src/base/errors.ts';
import { fail, ok, type Result } from '../../../src/base/result.ts';
import { apart, joined } from '../../../src/diffusion/refine/planes.ts';
import {
  dataAs,
  floatsOf,
  rowsOf,
  sidesAs,
  timestepSides,
  type EndMetadata,
  type TensorData,
} from './onnx-feeds.ts';
import { freeSides, graphFiles, type GraphFiles, type ReadyGraph } from './onnx-graph.ts';
import { ReadyValues } from './onnx-values.ts';
import type { PartSession, Values } from './part-session.ts';

/** What opens and runs graphs. */
export interface ReadyRuntime {
  readonly Tensor: TensorConstructor;
  create(files: GraphFiles, sides: Readonly<Record<string, number>>): Promise<Result<InferenceSession>>;
  /** Failures: `out-of-memory`, `gpu-lost`. */
  pass<T>(work: () => Promise<T>): Promise<Result<T>>;
}

/** Failures: `model-unsupported` for a graph that the runtime cannot open or whose ends are others, and those of the runtime. */
export async function openReady(graph: ReadyGraph, runtime: ReadyRuntime): Promise<Result<PartSession>> {
  const created = await runtime.create(await graphFiles(graph.ready), freeSides(graph));
  if (!created.ok) return unopened(graph.ready, created.error);
  const session = created.value;
  const feeds = feedsOf(graph, session.inputMetadata.flatMap(endOf));
  if (!feeds.ok) {
    await runtime.pass(() => session.release());
    return feeds;
  }
  return ok({
    run: (inputs) => runAll(graph, feeds.value, session, runtime, inputs),
    release: async () => {
      await runtime.pass(() => session.release());
    },
  });
}

interface Feed {
  /** Our name of it. */
  readonly ours: string;
  readonly end: EndMetadata;
  readonly sides: readonly number[];
}

function endOf(value: InferenceSession.ValueMetadata): EndMetadata[] {
  return value.isTensor ? [{ name: value.name, type: value.type, shape: value.shape }] : [];
}

function feedsOf({ ready, form }: ReadyGraph, ends: readonly EndMetadata[]): Result<Feed[]> {
  const values = new ReadyValues(ready, form);
  const sample = ends.find(({ name }) => name === ready.inputs['sample']);
  const feeds: Feed[] = [];
  for (const [ours, theirs] of Object.entries(ready.inputs)) {
    const end = ends.find(({ name }) => name === theirs);
    if (!end) return refuseEnd(ready.from, theirs, 'is not there');
    const sides =
      ours === 'timestep' ? timestepSides(end, sample, values.batch) : sidesAs(end, values.sides(ours));
    const shape = `[${end.shape.join(', ')}]`;
    if (!sides)
      return refuseEnd(ready.from, theirs, `takes ${shape}, not [${values.sides(ours).join(', ')}]`);
    if (!dataAs(end.type, new Float32Array(0)))
      return refuseEnd(ready.from, theirs, `is of type ${end.type}`);
    feeds.push({ ours, end, sides });
  }
  return ok(feeds);
}

/** As often as the graph's own batch makes it necessary. */
async function runAll(
  { ready, form }: ReadyGraph,
  feeds: readonly Feed[],
  session: InferenceSession,
  runtime: ReadyRuntime,
  inputs: Readonly<Record<string, Values>>,
): ReturnType<PartSession['run']> {
  const values = new ReadyValues(ready, form);
  const given = values.given(inputs);
  const [[ours, theirs] = ['', '']] = Object.entries(ready.outputs);
  const answers: Float32Array<ArrayBuffer>[] = [];
  for (let from = 0; from < form.batch; from += values.batch) {
    const tensors = feeds.map(({ ours, end, sides }): [string, Tensor] => {
      const rows = rowsOf(given[ours] ?? new Float32Array(0), form.batch, from, from + values.batch);
      const count = sides.reduce((product, side) => product * side, 1);
      return [end.name, tensorOf(runtime.Tensor, dataAs(end.type, rows.subarray(0, count)), sides)];
    });
    const done = await runtime.pass(() => session.run(Object.fromEntries(tensors)));
    if (!done.ok) return done;
    const output = done.value[theirs];
    const floats = output ? floatsOf(output.type, output.data) : null;
    if (!floats) throw new Error(`The graph in "${ready.from}" gave no floats as ${theirs}.`);
    answers.push(...apart(floats, values.batch).slice(0, form.batch - from));
  }
  return ok({ [ours]: joined(answers.map((answer) => values.one(answer))) });
}

function tensorOf(make: TensorConstructor, given: TensorData | null, sides: readonly number[]): Tensor {
  switch (given?.type) {
    case 'float32':
      return new make(given.type, given.data, sides);
    case 'float16':
      return new make(given.type, given.data, sides);
    case 'float64':
      return new make(given.type, given.data, sides);
    case 'int32':
      return new make(given.type, given.data, sides);
    case 'int64':
      return new make(given.type, given.data, sides);
    default:
      throw new Error('An end of a type that was looked at before.');
  }
}

/** What the runtime does not know is the file's; memory and a lost GPU are not. */
function unopened({ from }: ReadyPart, error: Failure): Result<never> {
  if (error.code !== 'internal') return { ok: false, error };
  return fail(
    'model-unsupported',
    `The ONNX graph in "${from}" cannot be opened here (${error.message.slice(0, 300)}). Take another export of the model, or the model ` +
      'as .safetensors.',
    { reason: 'onnx-open', name: from },
  );
}

function refuseEnd(from: string, end: string, why: string): Result<never> {
  return fail(
    'model-unsupported',
    `The input "${end}" of the ONNX graph in "${from}" ${why}. Take another export of the model, or the model as .safetensors.`,
    { reason: 'onnx-end', name: from, end },
  );
}
