/** Where the stories find the built app. */

import { resolve } from 'node:path';
import { root } from '../../scripts/lib/run.mjs';

/** Of the built app, served with its headers. */
export const port = Number(process.env['STORIES_PORT'] ?? 4174);

/** Another build can be told by STORIES_DIST, so that a run does not disturb `dist`. */
export const distFolder = resolve(root, process.env['STORIES_DIST'] ?? 'dist');
