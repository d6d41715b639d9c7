/** Says of a model that is only available how to get it: models are downloaded when a person asks, never by a job. */

import type { Failure } from '../../base/errors.ts';
import { failure } from '../../base/result.ts';
import type { AvailableModel } from '../../models/available.ts';

/** A better failure for a model that no card names; the failure itself where it is not available either. */
export function notHere(error: Failure, available: readonly AvailableModel[]): Failure {
  const model = available.find(({ id }) => id === error.detail?.['model']);
  if (!model) return error;
  const addresses = model.files.map(({ url }) => url).join(' and ');
  return failure(
    'model-unknown',
    `"${model.id}" (${model.name}) can be downloaded, but is not on this device, and models are downloaded only when you ask for it. Download it on the Models screen of the app, or take ${addresses} and give that file (--model FILE).`,
    { model: model.id, available: true },
  );
}
