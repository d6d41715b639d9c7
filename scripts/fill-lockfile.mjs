/** `npm run fill-lockfile`, after `npm install` has changed package-lock.json: see scripts/lib/lockfile.mjs. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filled, gaps } from './lib/lockfile.mjs';
import { root } from './lib/run.mjs';

const path = join(root, 'package-lock.json');
const lockfile = JSON.parse(readFileSync(path, 'utf8'));
console.log(`${gaps(lockfile).length} gaps filled.`);
writeFileSync(path, `${JSON.stringify(filled(lockfile), null, 2)}\n`);
