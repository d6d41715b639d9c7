/** Why a download does not go on, and the way out. */

import type { Failure } from '../../../src/base/errors.ts';
import { failure } from '../../../src/base/result.ts';
import type { Downloadable } from '../../../src/models/available.ts';
import { megabytes } from '../storage-failure.ts';

function byHand({ homepage }: Downloadable): string {
  return `download the file by hand from ${homepage} and drop it on this page.`;
}

/** The network, or a server that will work again: what came is kept. */
export function broken(model: Downloadable, cause: string, bytes: number): Failure {
  const kept = bytes > 0 ? ` ${megabytes(bytes)} have come and are kept.` : '';
  return failure(
    'model-unavailable',
    `The download of "${model.name}" has stopped. ${cause}${kept} Try again: it goes on from there. Or ${byHand(model)}`,
    { model: model.id, cause, bytes, resumable: true },
  );
}

/** Not a single answer: the browser does not say whether the network or the host's refusal is the reason. */
export function unreachable(host: string): string {
  return `${host} cannot be reached: there is no network, or the host does not allow downloads by web pages.`;
}

/** The server says no, and will say it again. */
export function refused(model: Downloadable, host: string, status: number): Failure {
  const cause = `${host} answered with status ${status}${reasons[status] ?? ''}.`;
  return failure(
    'model-unavailable',
    `"${model.name}" could not be downloaded. ${cause} Try again later, or ${byHand(model)}`,
    {
      model: model.id,
      cause,
      status,
      resumable: false,
    },
  );
}

const reasons: Readonly<Record<number, string>> = {
  401: ' (it asks for a login)',
  403: ' (it does not give the file)',
  404: ' (the file is not there any more)',
  410: ' (the file is not there any more)',
};

export function webPage(model: Downloadable, host: string): Failure {
  const cause = `${host} sent a web page instead of the file.`;
  return failure(
    'model-unavailable',
    `"${model.name}" could not be downloaded. ${cause} Try again later, or ${byHand(model)}`,
    {
      model: model.id,
      cause,
      resumable: false,
    },
  );
}

/** Other bytes than the catalogue says: nothing of it is kept. */
export function wrongFile(model: Downloadable, found: string): Failure {
  return failure(
    'model-damaged',
    `What came for "${model.name}" is not the file that was meant (${found}), so it has been discarded. Try again later, or ${byHand(model)}`,
    { model: model.id, found },
  );
}

export function diskFull(
  model: Downloadable,
  { detail = {} }: Failure,
  { bytes, total }: { readonly bytes: number; readonly total: number },
): Failure {
  const { free } = detail;
  const room = typeof free === 'number' ? `, and ${megabytes(free)} are free` : '';
  const missing = total - bytes;
  return failure(
    'storage-full',
    `The storage that the browser gives to this site is full: "${model.name}" still needs ${megabytes(missing)}${room}. What came (${megabytes(bytes)}) is kept. Delete models or free disk space, then go on.`,
    { model: model.id, needed: missing, ...(typeof free === 'number' ? { free } : {}), resumable: true },
  );
}

export function elsewhere(model: Downloadable): Failure {
  return failure(
    'model-unavailable',
    `"${model.name}" is being downloaded in another tab. Wait for it there, or pause it there and go on here.`,
    { model: model.id, resumable: true },
  );
}

export function stopped(model: Downloadable): Failure {
  return failure('cancelled', `The download of "${model.name}" was stopped.`, { model: model.id });
}

export function unknownModel(model: string): Failure {
  return failure(
    'model-unknown',
    `There is no model "${model}" in the list of available models. Reload the page.`,
    { model },
  );
}
