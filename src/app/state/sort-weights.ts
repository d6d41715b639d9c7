/** Files that are models by their names, as people sort them; what is in them decides later. */

import { isWeights } from './weights-names.ts';

/** What no program keeps weights in. */
const notData =
  /\.(?:png|apng|jpe?g|jfif|webp|avif|gif|bmp|ico|tiff?|heic|heif|jxl|svg|psd|txt|md|html?|json|ya?ml|pdf)$/i;

export interface Sorted<F> {
  /** Each the files of one model: one, the two of an ncnn network, or an ONNX file and those beside it. */
  readonly models: readonly (readonly F[])[];
  readonly others: readonly F[];
}

export function sortFiles<F extends { readonly name: string }>(files: readonly F[]): Sorted<F> {
  const models = new Map<string, F[]>();
  const others: F[] = [];
  for (const file of files) {
    const [, stem = '', ending = ''] = /^(.*)\.([^.]*)$/.exec(file.name.toLowerCase()) ?? [];
    if (!isWeights(file)) {
      others.push(file);
      continue;
    }
    const half = ending === 'param' || ending === 'bin';
    let key = half ? `${stem}.ncnn` : `${models.size} ${file.name}`;
    // Several folders may hold pairs of one name.
    while (models.get(key)?.some(({ name }) => name.toLowerCase().endsWith(`.${ending}`))) key += '+';
    models.set(key, [...(models.get(key) ?? []), file]);
  }
  return withData([...models.values()], others);
}

/** Puts files of bare numbers to the ONNX file that they lie beside: by their names, or to the only one there is. */
function withData<F extends { readonly name: string }>(
  models: readonly F[][],
  others: readonly F[],
): Sorted<F> {
  const graphs = models.filter(([file]) => file && /\.onnx$/i.test(file.name));
  if (graphs.length === 0) return { models, others };
  const whole = models.filter((files) => !loneBin(files));
  const left: F[] = [];
  for (const file of [...others, ...models.filter(loneBin).flat()]) {
    const graph = notData.test(file.name)
      ? undefined
      : (graphs.find(([one]) => named(one, file)) ?? only(graphs));
    if (graph) graph.push(file);
    else left.push(file);
  }
  return { models: whole, others: left };
}

function loneBin(files: readonly { readonly name: string }[]): boolean {
  return files.length === 1 && /\.bin$/i.test(files[0]?.name ?? '');
}

/** `model.onnx.data`, `model.onnx_data` and `model.bin` go with `model.onnx`. */
function named(graph: { readonly name: string } | undefined, file: { readonly name: string }): boolean {
  const stem = graph?.name.toLowerCase().replace(/\.onnx$/, '');
  return (
    stem !== undefined &&
    /^\.(?:bin|data|weights?|(?:onnx[._-]?.*))$/.test(after(file.name.toLowerCase(), stem))
  );
}

function after(name: string, start: string): string {
  return name.startsWith(start) ? name.slice(start.length) : '';
}

function only<T>(list: readonly T[]): T | undefined {
  return list.length === 1 ? list[0] : undefined;
}
