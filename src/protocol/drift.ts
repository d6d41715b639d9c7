/** What is asked of the engine about a part of a diffusion model in fewer bits: how far it is from what it was made of. */

import type { NamedBlob } from '../formats/weights-file.ts';
import type { BackendReport } from './backend.ts';

export interface DriftRequest {
  readonly part: 'unet' | 'text-encoder' | 'vae';
  /** Files of which one holds the part; a text encoder among them gives the UNet its text. */
  readonly original: readonly NamedBlob[];
  readonly variant: readonly NamedBlob[];
  /** What `cancel` knows it by. */
  readonly jobId: string;
}

/**
 * The root mean square of the difference over that of the original's values, for what the part gives for golden inputs (seeded
 * noise at two timesteps, a golden prompt for the text encoder, a golden latent for the VAE's decoder): 0 for equal.
 */
export interface Drift {
  readonly relative: number;
  readonly backend: BackendReport['backend'];
}
