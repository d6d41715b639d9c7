/** Lint rules. The direction of imports is data in scripts/lib/layers.mjs. */

import js from '@eslint/js';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import svelte from 'eslint-plugin-svelte';
import { defineConfig, globalIgnores } from 'eslint/config';
import globals from 'globals';
import tseslint from 'typescript-eslint';
import { pureFolders, zones } from './scripts/lib/layers.mjs';

const tests = ['**/*.test.ts', '**/testing/**', '**/testing.ts', '**/*.bench.ts'];
const configs = ['*.config.{js,ts}', '**/*.config.ts', '.size-limit.js'];
const typed = ['**/*.ts', '**/*.svelte'];

/** Globals of a page or a worker that pure code must do without. */
const impureGlobals = [
  'window',
  'document',
  'self',
  'navigator',
  'location',
  'localStorage',
  'indexedDB',
  'caches',
  'fetch',
  'postMessage',
  'Worker',
  'OffscreenCanvas',
  'ImageBitmap',
  'createImageBitmap',
  'requestAnimationFrame',
];

export default defineConfig(
  globalIgnores(['dist/', 'public/', '.cache/', 'test-results/', 'playwright-report/', 'coverage/']),
  js.configs.recommended,
  { languageOptions: { globals: globals.node }, files: ['*.js', '.*.js', 'scripts/**/*.mjs'] },
  {
    files: typed,
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        project: [
          './src/tsconfig.json',
          './src/app/pwa/service-worker/tsconfig.json',
          './workers/tsconfig.json',
          './scripts/tsconfig.json',
        ],
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.svelte'],
      },
    },
    rules: {
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': true, 'ts-ignore': true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/prefer-nullish-coalescing': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // The DOM's types promise what older browsers do not have: asking is not unnecessary.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      '@typescript-eslint/triple-slash-reference': ['error', { path: 'always' }],
      '@typescript-eslint/no-misused-spread': 'off',
      // Methods of an interface of promises may have nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      // tsc has the same check, with the project's own libraries.
      'no-undef': 'off',
    },
  },
  {
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.svelte', '.mjs', '.js'] })],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
    },
    rules: {
      eqeqeq: 'error',
      'max-lines': ['error', { max: 400 }],
      'import-x/no-default-export': 'error',
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones: zones() }],
    },
  },
  ...svelte.configs.recommended,
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
    rules: {
      'import-x/no-default-export': 'off',
      // State is replaced whole here (`$state.raw`), so plain collections are right.
      'svelte/prefer-svelte-reactivity': 'off',
    },
  },
  { files: ['**/*.svelte'], rules: { 'max-lines': ['error', { max: 200 }] } },
  { files: [...configs, '**/*.d.ts'], rules: { 'import-x/no-default-export': 'off' } },
  {
    files: pureFolders.map((folder) => `${folder}/**/*.ts`),
    ignores: tests,
    rules: {
      'no-restricted-globals': ['error', ...impureGlobals],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['onnxruntime-*', 'comlink', 'svelte', 'svelte/*', 'node:*'],
              message: 'Pure folders run in Node, in workers and in the page alike.',
            },
          ],
        },
      ],
    },
  },
  {
    files: [...tests, 'playwright/**/*.ts'],
    rules: {
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/explicit-module-boundary-types': 'off',
    },
  },
  // The catalogue of texts: its type is read off it.
  { files: ['src/app/i18n/en*.ts'], rules: { '@typescript-eslint/explicit-module-boundary-types': 'off' } },
  // A worker's tests call it as the page does, through its client.
  {
    files: ['workers/**/*.test.ts', 'workers/*/testing/**', 'workers/*/testing.ts'],
    rules: { 'import-x/no-restricted-paths': 'off' },
  },
  { files: ['scripts/**/*.mjs', 'scripts/**/*.ts'], rules: { 'no-console': 'off' } },
);
