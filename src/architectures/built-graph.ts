/**
 * A network ready for a session: a small ONNX graph whose initializers lie, as external data, in the
 * weights' own Blob. Input `input` and output `output` are NCHW RGB in 0..1 with batch 1 and dynamic
 * height and width; both have the dtype `io`. The output is not clamped.
 */
export interface BuiltGraph {
  readonly model: Uint8Array<ArrayBuffer>;
  /** `path` is what the graph's `location` entries say. */
  readonly external: readonly { readonly path: string; readonly blob: Blob }[];
  readonly scale: number;
  readonly io: 'f32' | 'f16';
  /** Where the input and the output have other names. */
  readonly ends?: { readonly input: string; readonly output: string };
}
