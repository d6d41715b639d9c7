/**
 * `npm start`: installs what is missing, builds the app and serves it.
 * `npm start -- --port 8080 --host` are handed to `vite preview`.
 */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureInstalled } from './lib/install.mjs';
import { root, runLoudly } from './lib/run.mjs';

ensureInstalled();
const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
process.stderr.write('Building ...\n');
if (!runLoudly(process.execPath, [vite, 'build', '--logLevel', 'warn'])) process.exit(1);

const server = spawn(process.execPath, [vite, 'preview', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
server.on('exit', (code) => process.exit(code ?? 0));
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => server.kill('SIGTERM'));
