/** Adds the app's headers to responses that lack them: some static hosts cannot send any. */

import type { WorkboxPlugin } from 'workbox-core/types.js';
import { headersFor } from '../headers.ts';

export const headersPlugin: WorkboxPlugin = {
  handlerWillRespond: ({ request, response }) =>
    Promise.resolve(withHeaders(new URL(request.url).pathname, response)),
};

/** The response itself where nothing is missing. */
export function withHeaders(path: string, response: Response): Response {
  const missing = Object.entries(headersFor(path)).filter(([name]) => !response.headers.has(name));
  if (missing.length === 0) return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of missing) headers.set(name, value);
  const { body, status, statusText } = response;
  return new Response(body, { status, statusText, headers });
}
