/**
 * The closed union of everything that can be expected to go wrong, and the value in which it
 * crosses threads. It stands below every other folder because the pure readers and planners
 * return the same codes as the workers do.
 */

export const errorCodes = [
  'cancelled',
  // pictures
  'picture-empty', // a file of 0 bytes
  'picture-unknown', // the bytes are not a picture format that we read
  'picture-corrupt', // the format is known, the content is broken or cut short
  'picture-too-large', // more pixels than the decoder or the memory can hold
  'output-too-large', // the result would not fit memory, canvas or file format
  'format-unsupported', // this browser cannot write that format
  // models
  'model-unknown', // no card with that id
  'model-unavailable', // not stored here, and it could not be fetched
  'model-damaged', // bytes, sha256 or structure are not what the card says
  'model-unsupported', // a file that we know and do not take: the message says why
  'model-unrecognised', // tensors that no architecture recognises
  // storage
  'storage-full',
  'storage-unavailable', // blocked, private mode, or broken
  // prompts
  'prompt-too-long', // more tokens than the text encoder is run for
  'prompt-unsupported', // syntax that we know and do not have: the message says which
  // running
  'out-of-memory',
  'gpu-unavailable', // WebGPU asked for by name, but there is none
  'gpu-untrusted', // it computes other numbers than WASM does
  'fp16-untrusted', // it does so in half precision only
  'fp16-missing', // the GPU has no half precision, so large weights become 8 bits
  'gpu-lost',
  'worker-died',
  'recipe-invalid',
  'internal', // a bug: anything that was thrown
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/**
 * An expected failure. `message` is one or two plain English sentences that name the cause and
 * the way out (shown by the headless command as it is; the app words it by `code` and `detail`).
 * `detail` holds the numbers and names of the message, for the app's own wording.
 */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly detail?: Readonly<Record<string, string | number | boolean>>;
}
