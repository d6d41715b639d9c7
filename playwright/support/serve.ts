/** Serves the built app for the stories, as `vite preview` does; builds it first when it is older than its sources. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt } from '../../scripts/lib/build.mjs';
import { root } from '../../scripts/lib/run.mjs';
import { distFolder, port } from './addresses.ts';

if (!ensureBuilt(distFolder)) process.exit(1);

const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
const preview = ['preview', '--outDir', distFolder, '--port', String(port), '--strictPort'];
const server = spawn(process.execPath, [vite, ...preview], { cwd: root, stdio: 'inherit' });
server.on('exit', (code) => process.exit(code ?? 0));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => server.kill('SIGTERM'));
