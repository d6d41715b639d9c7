/** Files that are models by their names, as people sort them; what is in them decides later. */

const endings = ['safetensors', 'pth', 'pt', 'ckpt', 'param', 'bin', 'onnx', 'zip'] as const;

/** For a file dialog. */
export const weightsAccept = endings.map((ending) => `.${ending}`).join(',');

export interface Sorted<F> {
  /** Each the files of one model: one, or the two of an ncnn network. */
  readonly models: readonly (readonly F[])[];
  readonly others: readonly F[];
}

export function sortFiles<F extends { readonly name: string }>(files: readonly F[]): Sorted<F> {
  const models = new Map<string, F[]>();
  const others: F[] = [];
  for (const file of files) {
    const [, stem = '', ending = ''] = /^(.*)\.([^.]*)$/.exec(file.name.toLowerCase()) ?? [];
    if (!endings.some((known) => known === ending)) {
      others.push(file);
      continue;
    }
    const half = ending === 'param' || ending === 'bin';
    const key = half ? `${stem}.ncnn` : `${models.size} ${file.name}`;
    models.set(key, [...(models.get(key) ?? []), file]);
  }
  return { models: [...models.values()], others };
}
