/**
 * The closed list of globals that mean something to us. "Calling" one is done by the few lines below; every
 * other global gives an inert placeholder. Argument orders are those of torch/_utils.py and torch/serialization.py
 * of https://github.com/pytorch/pytorch
 */

import type { Dtype } from '../tensor-table.ts';
import { isKind, type PickleInert, type PickleList, type PickleValue } from './values.ts';

/** `torch.FloatStorage` and the like, with what they hold. */
const storageDtypes: ReadonlyMap<string, Dtype | null> = new Map([
  ['torch.DoubleStorage', 'f64'],
  ['torch.FloatStorage', 'f32'],
  ['torch.HalfStorage', 'f16'],
  ['torch.BFloat16Storage', 'bf16'],
  ['torch.LongStorage', 'i64'],
  ['torch.IntStorage', 'i32'],
  ['torch.ShortStorage', 'i16'],
  ['torch.CharStorage', 'i8'],
  ['torch.ByteStorage', 'u8'],
  ['torch.BoolStorage', 'u8'],
  ['torch.UntypedStorage', null],
  ['torch.storage.UntypedStorage', null],
]);

const dtypeNames: ReadonlyMap<string, Dtype> = new Map([
  ['torch.float64', 'f64'],
  ['torch.float32', 'f32'],
  ['torch.float16', 'f16'],
  ['torch.bfloat16', 'bf16'],
  ['torch.int64', 'i64'],
  ['torch.int32', 'i32'],
  ['torch.int16', 'i16'],
  ['torch.int8', 'i8'],
  ['torch.uint8', 'u8'],
  ['torch.bool', 'u8'],
]);

const mostSides = 16;

type Call = (args: readonly PickleValue[]) => PickleValue | null;

/** Null where the arguments are not what the function takes. */
const calls: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['collections.OrderedDict', dictionary],
  ['collections.defaultdict', () => ({ kind: 'dict', items: new Map() })],
  ['torch.Size', ([sides]) => (isKind(sides, 'list') ? sides : null)],
  ['torch._utils._rebuild_tensor', rebuild],
  ['torch._utils._rebuild_tensor_v2', rebuild],
  ['torch._utils._rebuild_tensor_v3', (args) => rebuild(args, dtypeOf(args[6]))],
  ['torch._utils._rebuild_parameter', ([data]) => (isKind(data, 'tensor') ? data : null)],
  ['torch._utils._rebuild_parameter_with_state', ([data]) => (isKind(data, 'tensor') ? data : null)],
  ['torch._tensor._rebuild_from_type_v2', rebuildFromType],
]);

/** Types of which `_rebuild_from_type_v2` makes just what its function makes. */
const tensorTypes = new Set(['torch.Tensor', 'torch.nn.parameter.Parameter']);

/** Calls of torch that make a tensor in other ways than a storage and strides: from bytes, arrays, quantised, sparse. */
const otherTensors = /^torch\..*(_rebuild_|_load_from_bytes)/;

/** What a call gives: what it means, or a placeholder that remembers what it was made of. */
export function call(callee: PickleValue, args: PickleValue): PickleValue {
  const given = isKind(args, 'list') ? args.items : [];
  if (isKind(callee, 'global')) {
    const made = calls.get(callee.name)?.(given);
    if (made) return made;
  }
  const name = nameOf(callee, given);
  const tensor = otherTensors.test(name) || given.some(standsForTensor);
  const inert: PickleInert = { kind: 'inert', name, tensor, parts: [...given] };
  if (isKind(callee, 'inert')) inert.parts.push(callee);
  return inert;
}

/** `('storage', type, key, device, count, view)`, as `torch.save` writes it, or an old `('module', class, ...)`: the class. */
export function persistent(id: PickleValue): PickleValue {
  const inert: PickleInert = { kind: 'inert', name: 'a persistent id', tensor: true, parts: [] };
  if (!isKind(id, 'list')) return inert;
  const [what, type, key, , , view] = id.items;
  if (what === 'module' && isKind(type, 'global')) return type;
  if (what !== 'storage' || (typeof key !== 'string' && typeof key !== 'number')) return inert;
  if (!isKind(type, 'global')) return isKind(type, 'inert') ? { ...inert, name: type.name } : inert;
  const dtype = storageDtypes.get(type.name);
  if (dtype === undefined) return { ...inert, name: type.name };
  // A part of another storage: its own key, its first value and its size.
  const start = isKind(view, 'list') ? view.items[1] : 0;
  return typeof start === 'number' ? { kind: 'storage', key: String(key), dtype, start } : inert;
}

function rebuild(args: readonly PickleValue[], dtype?: Dtype | null): PickleValue | null {
  const [storage, offset, shape, strides] = args;
  if (!isKind(storage, 'storage') || typeof offset !== 'number') return null;
  const values = dtype === undefined ? storage.dtype : dtype;
  if (values === null || !isCounts(shape) || !isCounts(strides)) return null;
  if (shape.items.length !== strides.items.length || !isCount(offset)) return null;
  return { kind: 'tensor', storage, dtype: values, offset, shape: shape.items, strides: strides.items };
}

function rebuildFromType([func, type, args]: readonly PickleValue[]): PickleValue | null {
  if (!func || !isKind(type, 'global') || !tensorTypes.has(type.name) || !isKind(args, 'list')) return null;
  const made = call(func, args);
  return isKind(made, 'tensor') ? made : null;
}

/** From nothing, or from a list of pairs. */
function dictionary([pairs]: readonly PickleValue[]): PickleValue {
  const items = new Map<string | number, PickleValue>();
  for (const pair of isKind(pairs, 'list') ? pairs.items : []) {
    const [key, value] = isKind(pair, 'list') ? pair.items : [];
    if ((typeof key === 'string' || typeof key === 'number') && value !== undefined) items.set(key, value);
  }
  return { kind: 'dict', items };
}

function dtypeOf(value: PickleValue | undefined): Dtype | null {
  return isKind(value, 'global') ? (dtypeNames.get(value.name) ?? null) : null;
}

/** The global that stands in the way: the callee, or what was to be one of its arguments. */
function nameOf(callee: PickleValue, args: readonly PickleValue[]): string {
  if (isKind(callee, 'inert')) return callee.name;
  if (!isKind(callee, 'global')) return 'a value that is no function';
  if (!calls.has(callee.name)) return callee.name;
  const culprit = args.find((arg) => isKind(arg, 'inert'));
  if (culprit) return culprit.name;
  const known = (name: string): boolean => calls.has(name) || dtypeNames.has(name) || tensorTypes.has(name);
  const unknown = args.find((arg) => isKind(arg, 'global') && !known(arg.name));
  return isKind(unknown, 'global') ? unknown.name : callee.name;
}

function standsForTensor(value: PickleValue): boolean {
  return isKind(value, 'tensor') || isKind(value, 'storage') || (isKind(value, 'inert') && value.tensor);
}

function isCounts(value: PickleValue | undefined): value is PickleList & { readonly items: number[] } {
  return isKind(value, 'list') && value.items.length <= mostSides && value.items.every(isCount);
}

function isCount(value: PickleValue): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
