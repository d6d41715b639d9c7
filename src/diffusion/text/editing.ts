/**
 * Prompt editing: which text a prompt is at each step. [a:b:n] is a up to step n and b after it, [a:n] comes after
 * step n, [a::n] goes after it, and [a|b|…] takes the next one at each step. They nest; brackets of emphasis stay.
 * Behaviour: https://github.com/AUTOMATIC1111/stable-diffusion-webui/wiki/Features, "Prompt editing", "Alternating words".
 */

import { joined, sliced, type SourcedText } from './sourced-text.ts';

export interface Edition {
  /** The last step, counted from 1, that this text is for. The last edition's is the number of steps. */
  readonly until: number;
  readonly text: SourcedText;
}

/** Part of the prompt that never changes: from `start` to before `end`. */
interface Fixed {
  readonly kind: 'fixed';
  readonly start: number;
  end: number;
}

interface Switched {
  readonly kind: 'switched';
  readonly before: readonly Part[];
  readonly after: readonly Part[];
  /** As written: a number with a point is a share of the steps. */
  readonly when: string;
}

interface Alternating {
  readonly kind: 'alternating';
  readonly choices: readonly (readonly Part[])[];
}

type Part = Fixed | Switched | Alternating;
type Changing = Switched | Alternating;

/** A bracket that is still open, or the prompt itself: parts between separators. */
interface Frame {
  readonly bracket: '(' | '[' | null;
  readonly start: number;
  readonly separators: { readonly sign: ':' | '|'; readonly at: number }[];
  readonly segments: Part[][];
}

/**
 * The texts of a prompt over so many steps (1 or more), in order; just one, the prompt, when nothing is edited.
 * Any prompt is taken. As in AUTOMATIC1111, a prompt with a bar outside of square brackets, or with a backslash that
 * escapes nothing at its end, is not edited at all; `editingFails` tells it. Its grammar is ambiguous where a bracket or colon
 * is left over, and then leaves some edits right before it undone, such as [a:b:0.5]: or [a:3][(; here they are made.
 */
export function editions(prompt: SourcedText, steps: number): readonly Edition[] {
  const read = readEditing(prompt.text);
  if (read === null) return [{ until: steps, text: prompt }];
  const ends = new Set([steps]);
  for (const part of read.changing) {
    if (part.kind === 'switched') {
      const step = stepOf(part.when, steps);
      if (step >= 1) ends.add(step);
    } else {
      for (let step = 1; step <= steps; step++) ends.add(step);
    }
  }
  return [...ends]
    .sort((a, b) => a - b)
    .map((until) => ({ until, text: textAt(prompt, read.parts, until, steps) }));
}

/** Whether a prompt has what looks like editing, and none is done because of a stray bar or backslash. */
export function editingFails(prompt: string): boolean {
  return readEditing(prompt) === null && /\[[^[\]]*[:|][^[\]]*\]/.test(prompt);
}

/**
 * The edition for an evaluation of the network, counted from 0, among those of `editions`. AUTOMATIC1111 compares
 * this count, one behind the step's number, so that the first edition is used once more than its steps say.
 */
export function editionAt<E extends { readonly until: number }>(
  all: readonly E[],
  evaluation: number,
): E | null {
  return all.find(({ until }) => evaluation <= until) ?? all.at(-1) ?? null;
}

const stepNumber = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*$/;

function stepOf(when: string, steps: number): number {
  const value = Number(when) * (when.includes('.') ? steps : 1);
  return Math.min(steps, Math.trunc(value));
}

function textAt(prompt: SourcedText, parts: readonly Part[], step: number, steps: number): SourcedText {
  const texts: SourcedText[] = [];
  // A stack of its own: prompts may nest deeper than calls may.
  const left = [...parts].reverse();
  for (let part = left.pop(); part !== undefined; part = left.pop()) {
    if (part.kind === 'fixed') texts.push(sliced(prompt, part.start, part.end));
    else left.push(...[...chosen(part, step, steps)].reverse());
  }
  return joined(texts);
}

function chosen(part: Changing, step: number, steps: number): readonly Part[] {
  if (part.kind === 'alternating') return part.choices[(step - 1) % part.choices.length] ?? [];
  return step <= stepOf(part.when, steps) ? part.before : part.after;
}

/** Escapes, brackets and separators; a backslash that escapes nothing is found by itself. */
const signs = /\\[^\n]?|[()[\]:|]/gu;

/** Null: AUTOMATIC1111's grammar does not take the prompt. */
function readEditing(
  text: string,
): { readonly parts: readonly Part[]; readonly changing: readonly Changing[] } | null {
  const changing: Changing[] = [];
  const root: Frame = { bracket: null, start: 0, separators: [], segments: [[]] };
  let frames: Frame[] = [root];
  let top = root;
  let fixedFrom = 0;
  const endFixed = (end: number): void => addFixed(lastOf(top), fixedFrom, end);
  /** What is open opens nothing: it is text around what changes within it. */
  const giveUp = (): void => {
    for (const frame of frames.slice(1)) flatten(frame, root);
    frames = [root];
    top = root;
  };
  for (const { 0: sign, index } of text.matchAll(signs)) {
    if (sign === '\\') return null;
    if (sign.startsWith('\\')) continue;
    endFixed(index);
    fixedFrom = index;
    const after = index + 1;
    if (sign === '(' || sign === '[') {
      top = { bracket: sign, start: index, separators: [], segments: [[]] };
      frames.push(top);
      fixedFrom = after;
    } else if (sign === ':' || sign === '|') {
      top.separators.push({ sign, at: index });
      top.segments.push([]);
      fixedFrom = after;
    } else {
      const made = top.bracket === (sign === ')' ? '(' : '[') ? close(top, text) : null;
      if (made === null) {
        giveUp();
        continue;
      }
      frames.pop();
      const inner = top;
      top = frames.at(-1) ?? root;
      if (made === 'emphasis') flatten(inner, top);
      else {
        changing.push(made);
        lastOf(top).push(made);
        fixedFrom = after;
      }
    }
  }
  endFixed(text.length);
  giveUp();
  if (root.separators.some(({ sign }) => sign === '|')) return null;
  const parts: Part[] = [];
  root.segments.forEach((segment, index) => {
    const separator = root.separators[index - 1];
    if (separator) addFixed(parts, separator.at, separator.at + 1);
    append(parts, segment);
  });
  return { parts, changing };
}

/** What a bracket that closes is; null: it is none, but text. */
function close({ bracket, separators, segments }: Frame, text: string): Changing | 'emphasis' | null {
  const bars = separators.filter(({ sign }) => sign === '|').length;
  const colons = separators.length - bars;
  if (bracket === '(') return bars === 0 && colons <= 1 ? 'emphasis' : null;
  if (separators.length === 0) return 'emphasis';
  if (colons === 0) return { kind: 'alternating', choices: segments };
  if (bars > 0 || colons > 2) return null;
  const last = segments.at(-1) ?? [];
  const [number] = last;
  if (last.length !== 1 || number?.kind !== 'fixed') return null;
  const when = stepNumber.exec(text.slice(number.start, number.end))?.[1];
  if (when === undefined) return null;
  const [first = [], second = []] = segments;
  return colons === 1
    ? { kind: 'switched', before: [], after: first, when }
    : { kind: 'switched', before: first, after: second, when };
}

/** Puts a bracket's parts, its opening and its separators into another's last segment; its end is still to come. */
function flatten(frame: Frame, into: Frame): void {
  addFixed(lastOf(into), frame.start, frame.start + 1);
  frame.segments.forEach((segment, index) => {
    const separator = frame.separators[index - 1];
    // At the prompt's own level a bar is no text.
    if (separator && into.bracket === null && separator.sign === '|') {
      into.separators.push(separator);
      into.segments.push([]);
    } else if (separator) addFixed(lastOf(into), separator.at, separator.at + 1);
    append(lastOf(into), segment);
  });
}

function lastOf(frame: Frame): Part[] {
  const last = frame.segments.at(-1);
  if (last) return last;
  const made: Part[] = [];
  frame.segments.push(made);
  return made;
}

function append(to: Part[], parts: readonly Part[]): void {
  for (const part of parts) {
    if (part.kind === 'fixed') addFixed(to, part.start, part.end);
    else to.push(part);
  }
}

function addFixed(to: Part[], start: number, end: number): void {
  if (start >= end) return;
  const last = to.at(-1);
  if (last?.kind === 'fixed' && last.end === start) last.end = end;
  else to.push({ kind: 'fixed', start, end });
}
