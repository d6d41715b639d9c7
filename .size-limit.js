/** First load: the page's entry script and everything it imports statically, as dist/index.html names them. */

import { readFileSync } from 'node:fs';

const html = readFileSync(new URL('dist/index.html', import.meta.url), 'utf8');
const scripts = [...html.matchAll(/<(?:script|link)[^>]*\b(?:src|href)="\.\/([^"]+\.js)"/g)];

export default [
  {
    name: 'First-load JavaScript',
    path: scripts.map(([, path]) => `dist/${path}`),
    gzip: true,
    limit: '60 kB',
  },
];
