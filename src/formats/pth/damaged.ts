/** The failures of a PyTorch file, in one wording. */

import { fail, type Result } from '../../base/result.ts';

export type DamageReason = 'truncated' | 'bounds' | 'pickle' | 'limit';

/** `why` completes "This PyTorch file is damaged: ...". */
export function damaged(why: string, reason: DamageReason): Result<never> {
  return fail('model-damaged', `This PyTorch file is damaged: ${why}. Fetch the model again.`, {
    reason,
    why,
  });
}

/** `why` is a sentence without its full stop. */
export function unsupported(why: string, wayOut: string, reason: string): Result<never> {
  return fail('model-unsupported', `${why}. ${wayOut}`, { reason });
}

/** The tensors can only be had by running `global`. */
export function needsGlobal(global: string): Result<never> {
  const name = global.slice(0, 200);
  return fail(
    'model-unsupported',
    `The tensors of this PyTorch file can only be had by running "${name}", and Enlarger never runs what is in a file. ` +
      'Ask its author for a .safetensors file, or save the state dictionary alone: torch.save(model.state_dict(), "weights.pth").',
    { reason: 'global', global: name },
  );
}
