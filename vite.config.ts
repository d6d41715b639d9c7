import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defaultClientConditions, defineConfig } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { headersPlugin } from './scripts/lib/headers-plugin.ts';
import { licencesPlugin } from './scripts/lib/licences-plugin.ts';
import { pwaOptions } from './scripts/lib/pwa.ts';
import { libraryFolder } from './src/app/pwa/headers.ts';

export default defineConfig({
  // Relative, so that the built app works under any sub-path.
  base: './',
  plugins: [svelte(), headersPlugin(), licencesPlugin(), VitePWA(pwaOptions)],
  // The builds of onnxruntime-web that load wasm and glue from files (`wasmPaths`), not inlined ones.
  resolve: { conditions: ['onnxruntime-web-use-extern-wasm', ...defaultClientConditions] },
  worker: {
    format: 'es',
    rolldownOptions: {
      output: {
        // The library's script has a policy of its own: see src/app/pwa/headers.ts.
        entryFileNames: ({ name }) =>
          `${name === 'library.worker' ? libraryFolder : 'assets'}/[name]-[hash].js`,
        chunkFileNames: 'assets/[name]-[hash].js',
      },
    },
  },
  build: { target: 'es2023', assetsInlineLimit: 0 },
  // The workers' imports are looked for at the start: one found later would reload the page.
  optimizeDeps: { entries: ['index.html', 'workers/*/*.worker.ts'], exclude: ['onnxruntime-web'] },
});
