/** Endings of files that are models by their names. */

const endings: readonly string[] = ['safetensors', 'pth', 'pt', 'ckpt', 'param', 'bin', 'onnx', 'zip'];

/** For a file dialog. */
export const weightsAccept = [...endings, 'data', 'onnx_data', 'weights']
  .map((ending) => `.${ending}`)
  .join(',');

export function isWeights({ name }: { readonly name: string }): boolean {
  const [, ending = ''] = /\.([^.]*)$/.exec(name.toLowerCase()) ?? [];
  return endings.includes(ending);
}
