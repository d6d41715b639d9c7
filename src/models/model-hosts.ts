/**
 * The hosts that models are downloaded from, in one place: the catalogue of available models is held to them,
 * and the library worker's Content-Security-Policy is written from them.
 */

/** Hosts that the catalogue's addresses name. */
export const modelHosts: readonly string[] = ['huggingface.co'];

/**
 * Where those send a download on to. The policy is checked for every redirect. Hugging Face keeps large files
 * on hosts of its own that change with region and time.
 */
export const redirectHosts: readonly string[] = [
  'cdn-lfs.huggingface.co',
  'cdn-lfs-us-1.huggingface.co',
  'cdn-lfs-eu-1.huggingface.co',
  '*.hf.co',
];
