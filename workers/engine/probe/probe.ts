/**
 * Finds out by running it how a foreign ONNX network takes and gives pictures: layout, values, channels, sizes, scale,
 * and how far a pixel reaches. Small pictures, on the CPU.
 */

import { bareGraph, type ForeignEnd, type ForeignModel } from '../../../src/architectures/foreign.ts';
import { foreignCost, foreignParameters } from '../../../src/architectures/foreign-cost.ts';
import type { Failure } from '../../../src/base/errors.ts';
import { fail, ok, type Result } from '../../../src/base/result.ts';
import type { OnnxHeader } from '../../../src/formats/onnx/header.ts';
import type { Size } from '../../../src/picture/geometry.ts';
import type { ForeignWish, Probed } from '../../../src/protocol/probe.ts';
import type { BareRunner, OpenBare, Values } from './bare-runner.ts';
import { checkEnds, notPicture, type CheckedEnds, type InputGuess } from './check-ends.ts';
import { findRange, rangeOfLimits, type RangeTrial } from './find-range.ts';
import { findReach, fixedRules } from './find-reach.ts';
import { findLeast, findMultiple } from './find-sides.ts';
import { given, isPicture, seenAs, taken } from './shaped.ts';
import { flatPicture, testPicture, type Planes } from './test-picture.ts';

/** Square pictures to begin with: of many divisors, and the sides that exporters like. */
const firstSides = [24, 48, 64, 128, 256];
const mostScale = 16;
/** A result further from the picture than this does not resemble it. */
const likeness = 0.12;
const flatColours = [
  [0, 0, 0],
  [1, 1, 1],
  [0.5, 0.5, 0.5],
  [0.9, 0.3, 0.1],
  [0.1, 0.4, 0.8],
];

/** What the network is known to be so far. */
interface Basis {
  readonly input: ForeignEnd;
  readonly output: ForeignEnd;
  readonly scale: number;
  readonly size: Size;
  /** Where it runs no other shape. */
  readonly fixed: Size | null;
}

/**
 * Failures: `model-unsupported` for what is no network of one picture, `model-damaged` where its results are no
 * numbers, and those of `open`.
 */
export async function probe(header: OnnxHeader, open: OpenBare, wish: ForeignWish): Promise<Result<Probed>> {
  const ends = checkEnds(header, wish);
  if (!ends.ok) return ends;
  const graph = await bareGraph(header, ends.value.input, ends.value.output.name);
  if (!graph.ok) return graph;
  const runner = await open(graph.value);
  if (!runner.ok) return unusable(runner.error);
  try {
    return await new Probe(header, runner.value, ends.value, wish).find();
  } finally {
    await runner.value.release();
  }
}

class Probe {
  readonly #header: OnnxHeader;
  readonly #runner: BareRunner;
  readonly #ends: CheckedEnds;
  readonly #wish: ForeignWish;

  constructor(header: OnnxHeader, runner: BareRunner, ends: CheckedEnds, wish: ForeignWish) {
    this.#header = header;
    this.#runner = runner;
    this.#ends = ends;
    this.#wish = wish;
  }

  async find(): Promise<Result<Probed>> {
    const first = await this.#basis();
    if (!first.ok) return first;
    const ranged = await this.#ranges(first.value);
    if (!ranged.ok) return ranged;
    const { basis, distance } = ranged.value;
    const { input, output, scale, fixed } = basis;
    const enlarge = (planes: Planes, size: Size): Promise<Planes | null> =>
      this.#enlarge(basis, planes, size);
    const runs = async (size: Size): Promise<boolean> => (await enlarge(testPicture(size), size)) !== null;
    const multiple = fixed ? 1 : await findMultiple(runs, basis.size.width);
    const least = fixed ? 1 : await findLeast(runs, multiple, basis.size.width);
    const reach = await findReach(enlarge, basis.size, scale, multiple, fixed !== null);
    const rules = fixed
      ? fixedRules(fixed, reach.context)
      : { context: reach.context, blend: 8, multiple, ...(least > multiple ? { least } : {}) };
    if (!rules) {
      return notPicture(
        `it takes pictures of ${basis.size.width} × ${basis.size.height} pixels only, too few for tiles`,
      );
    }
    const model: ForeignModel = {
      input,
      output,
      scale,
      rules,
      keepsFlat: await this.#keepsFlat(basis),
      cost: await foreignCost(this.#header, input.channels, scale),
      parameters: foreignParameters(this.#header),
    };
    return ok({ model, resembles: distance < likeness, whole: reach.whole });
  }

  /** The first way to read the input, and the first size, with which a picture comes out. */
  async #basis(): Promise<Result<Basis>> {
    let error: Failure | null = null;
    for (const guess of this.#ends.guesses) {
      const { told } = guess;
      const sides = firstSides.map((side) => ({ width: side, height: side }));
      // What an exporter wrote down as the one size is often only the size that it tried.
      for (const size of told ? [...sides.slice(0, 2), told] : sides) {
        const tried = await this.#try(guess, size);
        if (tried.ok) {
          const another = { width: size.width + 24, height: size.height + 48 };
          const free = !told || (size !== told && (await this.#try(guess, another)).ok);
          if (told && size !== told && !free) continue;
          return ok({ ...tried.value, size, fixed: told && size === told ? told : null });
        }
        if (fatal(tried.error)) return tried;
        // What a picture of the told size gives says most.
        if (!error || tried.error.code === 'model-unsupported') error = tried.error;
      }
    }
    return error ? { ok: false, error } : notPicture('it runs no picture');
  }

  async #try(guess: InputGuess, size: Size): Promise<Result<Omit<Basis, 'size' | 'fixed'>>> {
    const { input: from, output: to } = this.#ends;
    const { layout, channels } = guess;
    const plain = (dtype: ForeignEnd['dtype']): ForeignEnd['range'] => (dtype === 'u8' ? 'byte' : 'unit');
    const input: ForeignEnd = { ...from, layout, channels, range: plain(from.dtype), order: 'rgb' };
    const result = await this.#runner.run(given(testPicture(size), size, input));
    if (!result.ok) return unusable(result.error);
    const { shape } = result.value;
    const seen = seenAs(shape, layout);
    if (!seen)
      return notPicture(`from ${words(size)} pixels it makes values of the shape ${shape.join(' × ')}`);
    if (!isPicture(seen.channels) || channels > 1 !== seen.channels > 1) {
      return notPicture(`it makes ${seen.channels} channels of ${channels}`);
    }
    const scale = seen.width / size.width;
    if (scale !== seen.height / size.height || !Number.isInteger(scale) || scale < 1 || scale > mostScale) {
      return notPicture(`from ${words(size)} pixels it makes ${words(seen)}, which is no whole enlargement`);
    }
    const output: ForeignEnd = {
      ...to,
      layout: seen.layout,
      channels: seen.channels,
      range: plain(to.dtype),
      order: 'rgb',
    };
    return ok({ input, output, scale });
  }

  async #ranges(basis: Basis): Promise<Result<{ readonly basis: Basis; readonly distance: number }>> {
    const { input, output, scale, size } = basis;
    const { range: wanted, order } = this.#wish;
    const picture = testPicture(size);
    const large = times(size, scale);
    const usual = ['unit', 'byte', 'signed'] as const;
    const trials: RangeTrial[] = [];
    for (const range of input.dtype === 'u8' ? (['byte'] as const) : wanted ? [wanted] : usual) {
      const result = await this.#runner.run(given(picture, size, { ...input, range }));
      if (!result.ok) return result;
      trials.push({ input: range, result: result.value, size: large });
    }
    if (trials.every(({ result }) => !result.data.every(Number.isFinite))) {
      return fail(
        'model-damaged',
        'This network gives values that are no numbers (NaN or infinity). Its weights are broken: take another version of it.',
        { reason: 'not-finite' },
      );
    }
    const shown = wanted ?? (output.dtype === 'u8' ? 'byte' : await this.#shownRange(basis));
    const outputs = output.dtype === 'u8' ? (['byte'] as const) : shown ? [shown] : usual;
    const found = findRange(trials, outputs, output, picture, size);
    const taken: ForeignEnd = { ...input, range: found.input, order: order ?? 'rgb' };
    // Where the channels come back turned, the two ends differ, whichever of them it is.
    const other = taken.order === 'rgb' ? 'bgr' : 'rgb';
    const back: ForeignEnd = {
      ...output,
      range: found.output,
      order: found.order === 'bgr' ? other : taken.order,
    };
    return ok({ basis: { ...basis, input: taken, output: back }, distance: found.distance });
  }

  /** The output range that it shows by cutting off what lies beyond; null where it does not. */
  async #shownRange({ input, output, size }: Basis): Promise<ForeignEnd['range'] | null> {
    if (input.dtype === 'u8') return null;
    const limit = async (near: number, far: number): Promise<number> => {
      const means: number[] = [];
      for (const value of [near, far]) {
        const flat = flatPicture(size, [value, value, value]);
        const result = await this.#runner.run(given(flat, size, { ...input, range: 'unit' }));
        if (!result.ok) return NaN;
        const large = { width: 1, height: result.value.data.length / output.channels };
        const rgb = taken(result.value, large, { ...output, range: 'unit', order: 'rgb' });
        means.push(rgb.reduce((sum, one) => sum + one / rgb.length, 0));
      }
      const [first = NaN, second = NaN] = means;
      return Math.abs(first - second) < 0.01 * Math.abs(second) + 0.01 ? second : NaN;
    };
    return rangeOfLimits(await limit(-2, -7), await limit(400, 1500));
  }

  async #keepsFlat(basis: Basis): Promise<boolean> {
    const { size } = basis;
    for (const colour of flatColours) {
      const result = await this.#enlarge(basis, flatPicture(size, colour), size);
      if (!result) return false;
      const count = result.length / 3;
      const grey = basis.output.channels === 1;
      const brightness = 0.299 * (colour[0] ?? 0) + 0.587 * (colour[1] ?? 0) + 0.114 * (colour[2] ?? 0);
      const wanted = (i: number): number => (grey ? brightness : (colour[Math.floor(i / count)] ?? 0));
      if (result.some((value, i) => Math.abs(value - wanted(i)) > 1 / 255)) return false;
    }
    return true;
  }

  /** The network on RGB planes; null where it does not run them, or makes something else of them. */
  async #enlarge({ input, output, scale }: Basis, planes: Planes, size: Size): Promise<Planes | null> {
    const result = await this.#runner.run(given(planes, size, input));
    if (!result.ok) return null;
    const seen = sizeOf(result.value, output);
    const large = times(size, scale);
    return seen.width === large.width && seen.height === large.height
      ? taken(result.value, large, output)
      : null;
  }
}

function sizeOf({ shape }: Values, { layout }: ForeignEnd): Size {
  const [, a = 0, b = 0, c = 0] = shape;
  return layout === 'nchw' ? { height: b, width: c } : { height: a, width: b };
}

function times({ width, height }: Size, factor: number): Size {
  return { width: width * factor, height: height * factor };
}

function words({ width, height }: Size): string {
  return `${width} × ${height}`;
}

/** Nothing that is tried next would go better. */
function fatal({ code, detail }: Failure): boolean {
  return (
    code === 'gpu-lost' ||
    code === 'model-damaged' ||
    (code === 'out-of-memory' && detail?.['fatal'] === true)
  );
}

/** The runtime's own words: they name the node. */
function unusable(error: Failure): Result<never> {
  if (error.code !== 'internal') return { ok: false, error };
  const why = error.message.slice(0, 300);
  return fail(
    'model-unsupported',
    `This ONNX network does not run here (${why}). Export it again with a free height and width, and with operators of ONNX's own.`,
    { reason: 'not-run', why },
  );
}
