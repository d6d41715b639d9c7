/** Reads a recipe from JSON that anyone may have written. */

import * as v from 'valibot';
import { fail, ok, type Result } from '../base/result.ts';
import { classicFilters } from '../picture/resample-filter.ts';
import { extraQualities, type Recipe } from './recipe.ts';
import { ldsr } from './validate-ldsr.ts';
import { refine } from './validate-refine.ts';
import { isRecord, unexpected } from './validate-words.ts';

/** The factors and sides that a recipe may ask for; a resize may follow what enlarges four times whatever is wanted. */
const byRange = { least: 0.5, leastResized: 0.125, most: 16 } as const;
const sideRange = { least: 1, most: 65_535 } as const;
const mostSteps = 16;

const fits = ['crop', 'pad', 'stretch'] as const;
const kinds = ['upscale', 'resize', 'refine', 'ldsr'] as const;

function byFrom(least: number) {
  const by = v.pipe(
    v.number('must be a number'),
    v.minValue(least, `must be at least ${least}`),
    v.maxValue(byRange.most, `must be at most ${byRange.most}`),
  );
  return v.strictObject({ by }, unexpected);
}
const side = v.pipe(
  v.number('must be a number'),
  v.integer('must be a whole number of pixels'),
  v.minValue(sideRange.least, `must be at least ${sideRange.least}`),
  v.maxValue(sideRange.most, `must be at most ${sideRange.most}`),
);
const byTarget = byFrom(byRange.least);
const byResized = byFrom(byRange.leastResized);
const toTarget = v.strictObject(
  {
    width: side,
    height: side,
    fit: v.picklist(fits, `must be one of ${fits.join(', ')}`),
    background: v.exactOptional(
      v.pipe(
        v.string('must be a text'),
        v.regex(/^#(?:[0-9a-f]{6}|[0-9a-f]{8})$/iu, 'must be a colour like #rrggbb or #rrggbbaa'),
      ),
    ),
  },
  unexpected,
);
// Chosen by what is there, so that a wrong value is named and not the whole union.
const size = v.lazy((input) => (isRecord(input) && 'by' in input ? byTarget : toTarget));
const resized = v.lazy((input) => (isRecord(input) && 'by' in input ? byResized : toTarget));

const model = v.pipe(v.string('must be the id of a model'), v.minLength(1, 'must be the id of a model'));
const second = v.strictObject(
  {
    model,
    visibility: v.pipe(
      v.number('must be a number'),
      v.minValue(0, 'must be at least 0'),
      v.maxValue(1, 'must be at most 1'),
    ),
  },
  unexpected,
);
const alphaWords = ['model', ...classicFilters] as const;
const alphaRule = v.lazy((input) => (isRecord(input) ? ontoColour : alphaWord));
const alphaWord = v.picklist(
  alphaWords,
  `must be one of ${alphaWords.join(', ')}, or {"onto": "#rrggbb"} for a picture without transparency`,
);
const ontoColour = v.strictObject(
  {
    onto: v.pipe(v.string('must be a text'), v.regex(/^#[0-9a-f]{6}$/iu, 'must be a colour like #rrggbb')),
  },
  unexpected,
);

const upscale = v.strictObject(
  {
    kind: v.literal('upscale'),
    model,
    size,
    second: v.exactOptional(second),
    alpha: v.exactOptional(alphaRule),
    extraQuality: v.exactOptional(v.picklist(extraQualities, `must be one of ${extraQualities.join(', ')}`)),
  },
  unexpected,
);
const resize = v.strictObject(
  {
    kind: v.literal('resize'),
    filter: v.picklist(classicFilters, `must be one of ${classicFilters.join(', ')}`),
    size: resized,
  },
  unexpected,
);
const step = v.variant('kind', [upscale, resize, refine, ldsr], (issue) => {
  if (issue.expected === 'Object') return 'must be a step, an object';
  const known = `known steps are ${kinds.join(', ')}`;
  return issue.input === undefined
    ? `is missing; ${known}`
    : `is unknown: ${JSON.stringify(issue.input)}; ${known}`;
});

const recipe = v.strictObject(
  {
    version: v.literal(1, 'must be 1, the only version that this app knows'),
    steps: v.pipe(
      v.array(step, 'must be a list of steps'),
      v.minLength(1, 'must have at least one step'),
      v.maxLength(mostSteps, `must have at most ${mostSteps} steps`),
    ),
  },
  unexpected,
);

/** The recipe, or `recipe-invalid` with the place and the fault of the first thing that is wrong. */
export function parseRecipe(json: unknown): Result<Recipe> {
  const parsed = v.safeParse(recipe, json);
  if (parsed.success) return ok(parsed.output);
  const [issue] = parsed.issues;
  const path = pathOf(issue);
  const place = path === '' ? 'The recipe' : `The recipe's ${path}`;
  return fail('recipe-invalid', `${place} ${issue.message}.`, { path, fault: issue.message });
}

function pathOf(issue: v.BaseIssue<unknown>): string {
  let path = '';
  for (const { key } of issue.path ?? []) {
    if (typeof key === 'number') path += `[${key}]`;
    else path += path === '' ? String(key) : `.${String(key)}`;
  }
  return path;
}
