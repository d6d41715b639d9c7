/** `npm run enlarge`: installs what is missing, then runs scripts/enlarge/main.ts in this process. */

import { ensureInstalled } from './lib/install.mjs';

ensureInstalled();
const { register } = await import('tsx/esm/api');
register();
await import('./enlarge/main.ts');
