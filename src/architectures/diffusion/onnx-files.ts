/** ONNX graphs among the files of a diffusion model, each with the files beside it that hold its weights. */

import { ok, type Result } from '../../base/result.ts';
import { besideName, type OpenBeside } from '../../formats/onnx/beside.ts';
import type { OnnxHeader } from '../../formats/onnx/header.ts';
import { readOnnx } from '../../formats/onnx/reader.ts';
import { whileReadable } from '../../formats/readable.ts';
import type { NamedBlob } from '../../formats/weights-file.ts';

export interface GivenGraph {
  /** Its file's path. */
  readonly name: string;
  readonly blob: Blob;
  /** Its table's Blob holds the file, and behind it those beside it. */
  readonly header: OnnxHeader;
  /** By the names that the file itself calls them by. */
  readonly beside: readonly NamedBlob[];
  /** The paths of all its files. */
  readonly files: readonly string[];
}

export interface SortedGraphs {
  readonly graphs: readonly GivenGraph[];
  /** Files that are neither a graph nor a graph's weights. */
  readonly rest: readonly NamedBlob[];
}

/** Beside a model of the library, and of no use here; its weights may be missing. */
const unneeded = /(^|\/)(safety_checker|feature_extractor|tokenizer)(\/|[^/]*\.onnx$)/i;

/** Only headers are read. Failures: those of `readOnnx`, with the file's name. */
export async function sortGraphs(files: readonly NamedBlob[]): Promise<Result<SortedGraphs>> {
  const graphs: GivenGraph[] = [];
  const left = new Set<string>();
  for (const file of files.filter(({ name }) => /\.onnx$/i.test(name))) {
    const graph = await readGraph(file, files);
    if (graph.ok) graphs.push(graph.value);
    else if (unneeded.test(file.name)) left.add(file.name);
    else return graph;
  }
  const used = new Set([...left, ...graphs.flatMap((graph) => graph.files)]);
  const folders = new Set(graphs.map(({ name }) => folderOf(name)));
  // Of a graph that is not there, where none asks for them.
  const numbers = ({ name }: NamedBlob): boolean => besideName.test(name) && folders.has(folderOf(name));
  return ok({ graphs, rest: files.filter((file) => !used.has(file.name) && !numbers(file)) });
}

async function readGraph(file: NamedBlob, files: readonly NamedBlob[]): Promise<Result<GivenGraph>> {
  const beside: NamedBlob[] = [];
  const paths = [file.name];
  const open: OpenBeside = (location) => {
    const found = fileBeside(file, location, files);
    if (!found) return Promise.resolve(null);
    beside.push({ name: location, blob: found.blob });
    paths.push(found.name);
    return Promise.resolve(ok(found.blob));
  };
  return whileReadable(async () => {
    const header = await readOnnx(file.blob, open);
    if (header.ok) {
      return ok({ name: file.name, blob: file.blob, header: header.value, beside, files: paths });
    }
    const { error } = header;
    return { ok: false, error: { ...error, message: `"${file.name}": ${error.message}` } };
  });
}

/** By its path from the graph's own folder; where folders got lost, by its name, if only one file has it. */
function fileBeside(
  { name }: NamedBlob,
  location: string,
  files: readonly NamedBlob[],
): NamedBlob | undefined {
  const path = folderOf(name) + location.replaceAll('\\', '/').replace(/^(\.\/)+/, '');
  const named = files.filter((file) => fileName(file.name) === fileName(location));
  return files.find((file) => file.name === path) ?? (named.length === 1 ? named[0] : undefined);
}

function folderOf(path: string): string {
  return path.replace(/[^/\\]*$/, '');
}

function fileName(path: string): string {
  return path.replace(/^.*[/\\]/, '');
}
