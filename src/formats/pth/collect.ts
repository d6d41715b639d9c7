/** From unpickled data to named tensors: nested dictionaries and lists become dotted names. */

import { BadPickle } from './pickle.ts';
import { isKind, type PickleInert, type PickleTensor, type PickleValue } from './values.ts';

const mostDepth = 64;
const mostVisits = 2_000_000;
const mostTensors = 100_000;
const mostNameLength = 1000;

const parameterDict = 'torch.nn.modules.container.ParameterDict';

export interface Collected {
  readonly tensors: ReadonlyMap<string, PickleTensor>;
  /** The global without which a network's tensors are not whole; null when all is there. */
  readonly needs: string | null;
}

/** Throws `BadPickle` when there is more than any network has, or two tensors of one name. */
export function collectTensors(root: PickleValue): Collected {
  const collector = new Collector();
  collector.visit(root, '', 0);
  return { tensors: collector.tensors, needs: collector.needs() };
}

class Collector {
  readonly tensors = new Map<string, PickleTensor>();
  readonly #inert: PickleInert[] = [];
  #missing: string | null = null;
  #visits = 0;

  visit(value: PickleValue, name: string, depth: number): void {
    if (isKind(value, 'tensor')) this.#add(name === '' ? 'tensor' : name, value);
    else if (isKind(value, 'inert')) this.#object(value, name, depth);
    else if (isKind(value, 'dict')) this.#members(value.items, name, depth);
    else if (isKind(value, 'list')) this.#members(value.items.entries(), name, depth);
  }

  /**
   * A file depends on a global when its tensors stand beside one that the global was to make, or when
   * everything that could be a tensor is inside of such.
   */
  needs(): string | null {
    if (this.#missing !== null || this.tensors.size > 0) return this.#missing;
    return this.#inert.find((inert) => this.#holdsTensors(inert))?.name ?? null;
  }

  /** A dictionary of parameters is an object of torch's, and the dictionary its attribute. */
  #object(value: PickleInert, name: string, depth: number): void {
    const states = value.name === parameterDict ? value.parts : [];
    const inside = states.flatMap((state) =>
      isKind(state, 'dict') ? (state.items.get('_parameters') ?? []) : [],
    );
    if (inside.length === 0) this.#inert.push(value);
    for (const parameters of inside) this.visit(parameters, name, depth + 1);
  }

  #members(members: Iterable<readonly [string | number, PickleValue]>, name: string, depth: number): void {
    if (depth >= mostDepth) return;
    let tensors = 0;
    let missing: string | null = null;
    for (const [key, value] of members) {
      if (++this.#visits > mostVisits) throw new BadPickle('it holds too many things');
      if (typeof value !== 'object') continue;
      this.visit(value, name === '' ? String(key) : `${name}.${key}`, depth + 1);
      if (isKind(value, 'tensor')) tensors++;
      else if (isKind(value, 'inert') && value.tensor) missing ??= value.name;
    }
    if (tensors > 0) this.#missing ??= missing;
  }

  #add(name: string, tensor: PickleTensor): void {
    if (this.tensors.size >= mostTensors || name.length > mostNameLength) {
      throw new BadPickle('it holds too many tensors, or names that are too long');
    }
    if (this.tensors.has(name)) throw new BadPickle(`the tensor "${name}" is there twice`);
    this.tensors.set(name, tensor);
  }

  #holdsTensors(root: PickleInert): boolean {
    const seen = new Set<PickleValue>();
    const open: PickleValue[] = [root];
    for (let value = open.pop(); value !== undefined; value = open.pop()) {
      if (isKind(value, 'tensor') || isKind(value, 'storage') || (isKind(value, 'inert') && value.tensor))
        return true;
      if (seen.has(value)) continue;
      seen.add(value);
      const inside = isKind(value, 'inert')
        ? value.parts
        : isKind(value, 'list') || isKind(value, 'dict')
          ? value.items.values()
          : [];
      for (const part of inside) open.push(part);
    }
    return false;
  }
}
