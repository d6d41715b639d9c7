/** `npm run enlarge`: enlarges pictures with the built app in headless Chromium. Run by scripts/enlarge.mjs. */

import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail, failure, ok, type Result } from '../../src/base/result.ts';
import type { Failure } from '../../src/base/errors.ts';
import { ensureBuilt } from '../lib/build.mjs';
import { parseCommand, usage, type Request } from './args.ts';
import { inspectAll } from './inspect.ts';
import { modelFiles } from './model-files.ts';
import { weightsFiles, type WeightsPath } from './weights-files.ts';
import { openApp, type OpenApp, type PageOptions, type Report } from './browser.ts';
import { outputsFor, type Outputs } from './outputs.ts';
import { serveApp, type Served } from './serve.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (thrown) {
  console.error(thrown instanceof Error ? thrown.message : thrown);
  process.exitCode = 1;
}

async function run(words: readonly string[]): Promise<number> {
  const parsed = parseCommand(words);
  if (parsed.kind === 'help') {
    console.log(usage);
    return 0;
  }
  if (parsed.kind === 'wrong') return wrongUsage(parsed.message);
  // npm runs scripts in the package's folder; paths are meant from where the person is.
  process.chdir(process.env['INIT_CWD'] ?? process.cwd());
  if (parsed.kind === 'inspect') return inspectAll(parsed.files, parsed.json);
  const { request } = parsed;
  let outputs: Outputs;
  let options: PageOptions;
  let weights: readonly WeightsPath[];
  try {
    outputs = outputsFor(request.out, request.inputs);
    options = optionsOf(request, outputs);
    weights = (request.weights ?? []).flatMap(weightsFiles);
  } catch (thrown) {
    return wrongUsage(thrown instanceof Error ? thrown.message : String(thrown));
  }
  return enlargeAll(request, outputs, options, weights);
}

function wrongUsage(message: string): number {
  console.error(`${message}\n\n${usage}`);
  return 2;
}

function optionsOf(request: Request, outputs: Outputs): PageOptions {
  const { scale, width, height, fit, model, recipe, backend, tile, quality } = request;
  const { second, visibility, alpha, extraQuality } = request;
  const combined = { second, visibility, alpha, extraQuality };
  const given = { scale, width, height, fit, model, ...combined, backend, tile, quality };
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return {
    backend: 'auto',
    ...options,
    format: outputs.format,
    ...(recipe === undefined ? {} : { recipe: readRecipe(recipe) }),
  };
}

function readRecipe(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (thrown) {
    throw new Error(`The recipe "${path}" cannot be read as JSON (${String(thrown)}).`, { cause: thrown });
  }
}

async function enlargeAll(
  request: Request,
  outputs: Outputs,
  options: PageOptions,
  weights: readonly WeightsPath[],
): Promise<number> {
  if (!ensureBuilt()) return 1;
  const served = await serveApp(root);
  let app: OpenApp | null = null;
  let failed = 0;
  try {
    app = await openApp(served.url, {
      software: request.backend === 'webgpu',
      onNotice: (text) => {
        console.error(text);
      },
    });
    const models = await modelsOf(request, app, served);
    if (weights.length > 0)
      await app.takeWeights(weights.map(({ name, path }) => ({ name, url: served.offer(path) })));
    for (const input of request.inputs) {
      if (!models.ok) {
        failed++;
        const { code, message } = models.error;
        report(request.json, { input, error: { code, message } });
        continue;
      }
      const begin = performance.now();
      const unreadable = readable(input);
      const answer = unreadable
        ? ({ ok: false, error: unreadable } as const)
        : await app.enlarge(served.offer(resolve(input)), { ...options, ...models.value });
      if (!answer.ok) {
        failed++;
        report(request.json, { input, error: { code: answer.error.code, message: answer.error.message } });
        continue;
      }
      const output = outputs.pathFor(input, answer.value.source, answer.value);
      const unwritten = await write(output, app, served);
      if (unwritten) {
        failed++;
        report(request.json, { input, error: { code: unwritten.code, message: unwritten.message } });
        continue;
      }
      const total = (performance.now() - begin) / 1000;
      report(request.json, done(input, output, answer.value, total));
    }
  } finally {
    await app?.close();
    await served.close();
  }
  return failed > 0 ? 1 : 0;
}

/** The last result to its file; what went wrong, or null. */
async function write(output: string, app: OpenApp, served: Served): Promise<Failure | null> {
  let why: string | null;
  try {
    mkdirSync(dirname(resolve(output)), { recursive: true });
    why = await app.send(served.accept(resolve(output)));
  } catch (thrown) {
    why = thrown instanceof Error ? thrown.message : String(thrown);
  }
  if (why === null) return null;
  const message = `"${output}" cannot be written (${why}). Free space there, or choose another --out.`;
  return failure(why.startsWith('ENOSPC') ? 'storage-full' : 'storage-unavailable', message);
}

/** The first and the second model, by the ids that they have in the page. */
async function modelsOf(
  request: Request,
  app: OpenApp,
  served: Served,
): Promise<Result<Pick<PageOptions, 'model' | 'second'>>> {
  const ids: { model?: string; second?: string } = {};
  for (const which of ['model', 'second'] as const) {
    const given = request[which];
    if (given === undefined) continue;
    const id = await idOf(given, app, served);
    if (!id.ok) return id;
    ids[which] = id.value;
  }
  return ok(ids);
}

/** A weights file is taken in first, and is a model of the page from then on. */
async function idOf(model: string, app: OpenApp, served: Served): Promise<Result<string>> {
  // An id has neither a folder nor an ending.
  if (!/[./\\]/.test(model)) return ok(model);
  if (!existsSync(model))
    return fail('model-unavailable', `There is no model file "${model}". Check the path.`);
  const paths = await modelFiles(model);
  const files = paths.map((path) => ({ name: basename(path), url: served.offer(resolve(path)) }));
  return app.importModel(files);
}

function readable(path: string): Failure | null {
  try {
    closeSync(openSync(path, 'r'));
    if (statSync(path).isDirectory()) throw new Error('it is a folder');
    return null;
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    return failure('picture-unknown', `"${path}" cannot be read (${why}). Check the path.`);
  }
}

type Line =
  | { readonly input: string; readonly error: { readonly code: string; readonly message: string } }
  | ({ readonly input: string; readonly output: string } & Omit<Report, 'source'>);

function done(input: string, output: string, value: Report, total: number): Line {
  const round = (seconds: number): number => Math.round(seconds * 1000) / 1000;
  const { width, height, backend, model, tiles, seconds } = value;
  return {
    input,
    output,
    width,
    height,
    backend,
    model,
    tiles,
    seconds: {
      load: round(seconds.load),
      run: round(seconds.run),
      encode: round(seconds.encode),
      total: round(total),
    },
  };
}

function report(json: boolean, line: Line): void {
  if (json) console.log(JSON.stringify(line));
  else if ('error' in line) console.error(`${line.input}: ${line.error.message}`);
  else {
    console.error(
      `${line.input} → ${line.output} (${line.width} × ${line.height}, ${line.model}, ${line.backend}, ${line.seconds.total.toFixed(1)} s)`,
    );
  }
}
