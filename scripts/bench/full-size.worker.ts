/** A diffusion model of full size in a worker, a step at a time: recognised, its graphs written, a part's session opened and run. */

import { expose } from 'comlink';
import type { PartForm } from '../../src/architectures/diffusion/part.ts';
import type { Failure } from '../../src/base/errors.ts';
import type { OnnxModel } from '../../src/formats/onnx/model.ts';
import { writeOnnx } from '../../src/formats/onnx/writer.ts';
import { recogniseDiffusion } from '../../src/models/diffusion-files.ts';
import { withDefaults } from '../../src/recipes/refine.ts';
import { startBackend } from '../../workers/engine/backend.ts';
import { loadDiffusion } from '../../workers/engine/diffusion/load.ts';
import type { LoadedModel, LoadedPart } from '../../workers/engine/diffusion/loaded-model.ts';
import { partOpener } from '../../workers/engine/diffusion/part-session.ts';
import { must } from './must.ts';

type Role = 'text' | 'unet' | 'encoder' | 'decoder';
type Precision = 'fp16' | 'fp32';

const roles: readonly Role[] = ['text', 'encoder', 'unet', 'decoder'];
const tile: PartForm = { batch: 1, width: 64, height: 64, tokens: 77 };
const step = withDefaults({ kind: 'refine', prompt: '', weights: {} });

/** Large parts in 8 bits where a device does not compute in halves (`halves`). */
async function loaded(file: File, precision: Precision, halves = true): Promise<LoadedModel> {
  const files = [{ name: file.name, blob: file }];
  return must(await loadDiffusion(files, step, { precision, flash: false, halves, tags: [] })).model;
}

function partOf(model: LoadedModel, role: Role): LoadedPart {
  return model[role];
}

/** Ready-made graphs are none of these. */
function written(part: LoadedPart, form: PartForm, precision: Precision): OnnxModel {
  const graph = must(part.graph(form, precision));
  if ('ready' in graph) throw new Error('The file holds a ready-made graph.');
  return graph;
}

const api = {
  /** Kinds of the parts that are in the file, with how many numbers each has. */
  async recognise(file: File): Promise<readonly string[]> {
    const { model } = must(await recogniseDiffusion([{ name: file.name, blob: file }]));
    return model.parts.map(({ kind, values }) => `${kind} (${(values / 1e6).toFixed(0)} million)`);
  },

  /** Bytes of the graph of each part. */
  async graphs(file: File, precision: Precision): Promise<readonly (readonly [string, number])[]> {
    const model = await loaded(file, precision);
    return roles.map((role) => [role, writeOnnx(written(partOf(model, role), tile, precision)).length]);
  },

  /** Opens a part's session; runs it once where asked to. What failed, or null; milliseconds of reading, opening and running. */
  async open(
    file: File,
    role: Role,
    how: {
      readonly on: 'wasm' | 'webgpu';
      readonly precision: Precision;
      readonly side: number;
      readonly run: boolean;
    },
  ): Promise<{
    readonly failed: string | null;
    readonly read: number;
    readonly opened: number;
    readonly ran: number;
  }> {
    const { on, precision, side, run } = how;
    const backend = must(await startBackend({ choice: on, threads: 2 }));
    const beginning = performance.now();
    const model = await loaded(file, precision, on === 'wasm' || precision === 'fp16');
    const read = performance.now() - beginning;
    const part = partOf(model, role);
    const form = role === 'text' ? { ...tile, width: 1, height: 1 } : { ...tile, width: side, height: side };
    const graph = written(part, form, precision);
    const open = partOpener(backend, { backend: on, device: backend.gpu?.device ?? null });
    const begin = performance.now();
    const session = await open(graph, part.weights);
    const opened = performance.now() - begin;
    if (!session.ok) return { failed: words(session.error), read, opened, ran: 0 };
    if (!run) return { failed: null, read, opened, ran: 0 };
    const inputs = graph.inputs.map(({ name, dtype, shape }) => {
      const count = (shape ?? []).reduce<number>((all, one) => all * Number(one), 1);
      return [name, dtype === 'i32' ? new Int32Array(count) : new Float32Array(count).fill(0.1)] as const;
    });
    const result = await session.value.run(Object.fromEntries(inputs));
    const ran = performance.now() - begin - opened;
    return { failed: result.ok ? null : words(result.error), read, opened, ran };
  },
};

function words({ code, message, detail }: Failure): string {
  return `${code}: ${String(detail?.['cause'] ?? message).slice(0, 300)}`;
}

export type FullSizeApi = typeof api;

expose(api);
