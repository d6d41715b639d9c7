/**
 * Parts of a model, each opened when it is first asked for, and closed when one is asked for that it cannot stay beside. One that gives
 * infinities in half precision computes in full precision from then on, over weights that are made for that where its own are too large.
 */

import type { PartForm } from '../../../src/architectures/diffusion/part.ts';
import type { Precision } from '../../../src/architectures/graph-builder.ts';
import type { Failure } from '../../../src/base/errors.ts';
import { fail, failure, ok, type Result } from '../../../src/base/result.ts';
import type { Floats } from '../../../src/diffusion/refine/networks.ts';
import { allFinite } from '../../../src/diffusion/refine/planes.ts';
import { cancelled, type Go } from '../jobs/control.ts';
import type { LoadedPart } from './loaded-model.ts';
import type { OpenPart, PartSession, Values } from './part-session.ts';

export interface Holding<Role extends string> {
  part(role: Role): LoadedPart;
  /** What people call it. */
  readonly names: Readonly<Record<Role, string>>;
  /** Whether one stays open while another works. */
  stays(role: Role, working: Role): boolean;
  readonly precision: Precision;
  /** What people can do where memory is too small for a part: an imperative, in small letters. */
  readonly wayOut: string;
  readonly notice: (notice: Failure) => void;
  /** Asked while weights are made; always when absent. */
  readonly go?: Go | undefined;
}

export type Given = Readonly<Record<string, Values>>;
type Outputs = Readonly<Record<string, Floats>>;

interface Held {
  readonly key: string;
  readonly session: PartSession;
  /** The graph's inputs: their names and lengths. */
  readonly inputs: ReadonlyMap<string, number>;
}

export class HeldParts<Role extends string> {
  readonly #open: OpenPart;
  readonly #holding: Holding<Role>;
  readonly #held = new Map<Role, Held>();
  /** What parts that gave infinities in half precision are in full. */
  readonly #full = new Map<Role, LoadedPart>();

  constructor(open: OpenPart, holding: Holding<Role>) {
    this.#open = open;
    this.#holding = holding;
  }

  precisionOf(role: Role): Precision {
    return this.#full.has(role) ? 'fp32' : this.#holding.precision;
  }

  /** One output. Failures: `out-of-memory`, `gpu-lost`, `model-damaged`. */
  async run(role: Role, form: PartForm, inputs: Given, output: string): Promise<Result<Floats>> {
    const results = await this.all(role, form, inputs);
    return results.ok ? ok(outputOf(results.value, role, output)) : results;
  }

  /** The same; null where it exceeded half precision: from now on it computes in full precision, for which another form may suit better. */
  async attempt(role: Role, form: PartForm, inputs: Given, output: string): Promise<Result<Floats> | null> {
    const results = await this.#attempt(role, form, inputs);
    return results?.ok ? ok(outputOf(results.value, role, output)) : results;
  }

  /** Every output, by name. */
  async all(role: Role, form: PartForm, inputs: Given): Promise<Result<Outputs>> {
    const given = (await this.#attempt(role, form, inputs)) ?? (await this.#attempt(role, form, inputs));
    if (!given) throw new Error(`The ${role} exceeds full precision.`);
    return given;
  }

  async #attempt(role: Role, form: PartForm, inputs: Given): Promise<Result<Outputs> | null> {
    const { names, precision, notice, go } = this.#holding;
    const session = await this.#session(role, form);
    if (!session.ok) return session;
    const results = await session.value.session.run(withSilence(inputs, session.value.inputs));
    if (!results.ok) return this.#failed(role, results.error);
    if (Object.values(results.value).every(allFinite)) return results;
    const part = this.#holding.part(role);
    if (precision === 'fp32' || this.#full.has(role) || part.fixed) {
      return fail(
        'model-damaged',
        `The ${names[role]} gave values that are no numbers. Take another version of the model.`,
        { part: role },
      );
    }
    const bits = part.full?.few() === true ? ', over weights in 8 bits that are made now' : '';
    notice(
      failure(
        'fp16-untrusted',
        `The ${names[role]} exceeded half precision, so it computes in full precision${bits}, which takes longer.`,
        { part: role },
      ),
    );
    // What it holds would only be in the way.
    await this.close(role);
    this.#full.set(role, (await part.full?.made(go)) ?? part);
    if (go && !go()) return cancelled();
    return null;
  }

  async close(role: Role): Promise<void> {
    const held = this.#held.get(role);
    this.#held.delete(role);
    await held?.session.release();
  }

  async release(): Promise<void> {
    for (const role of [...this.#held.keys()]) await this.close(role);
  }

  /** Nothing here is made smaller by itself, so it is told what may help. */
  #failed(role: Role, error: Failure): Result<never> {
    if (error.code !== 'out-of-memory') return { ok: false, error };
    const { names, wayOut } = this.#holding;
    return fail(
      'out-of-memory',
      `This device has too little memory for the ${names[role]}. Close other tabs, or ${wayOut}.`,
      { ...error.detail, part: role },
    );
  }

  async #session(role: Role, form: PartForm): Promise<Result<Held>> {
    const precision = this.precisionOf(role);
    const key = JSON.stringify([form, precision]);
    const held = this.#held.get(role);
    if (held?.key === key) return ok(held);
    for (const other of [...this.#held.keys()]) {
      if (other === role || !this.#holding.stays(other, role)) await this.close(other);
    }
    const part = this.#full.get(role) ?? this.#holding.part(role);
    const graph = part.graph(form, precision);
    if (!graph.ok) return graph;
    const opened = await this.#open(graph.value, part.weights);
    if (!opened.ok) return this.#failed(role, opened.error);
    const inputs = graph.value.inputs.map(({ name, shape }): [string, number] => [
      name,
      (shape ?? []).reduce<number>((product, side) => product * Number(side), 1),
    ]);
    const now = { key, session: opened.value, inputs: new Map(inputs) };
    this.#held.set(role, now);
    return ok(now);
  }
}

function outputOf(given: Outputs, role: string, name: string): Floats {
  const values = given[name];
  if (!values) throw new Error(`The ${role} gave no ${name}.`);
  return values;
}

/** A UNet that a ControlNet can speak to is given its silence where it does not: nothing is added. */
function withSilence(given: Given, wanted: ReadonlyMap<string, number>): Given {
  const residuals = [...wanted].filter(([name]) => !(name in given) && /^(down_\d+|mid)$/u.test(name));
  if (residuals.length === 0) return given;
  return {
    ...given,
    ...Object.fromEntries(residuals.map(([name, length]) => [name, new Float32Array(length)])),
  };
}
