import { expose } from 'comlink';
import { DiffusionLibrary } from './diffusion/diffusion-library.ts';
import { openIndexedStore } from './indexed-store.ts';

expose(
  new DiffusionLibrary({ models: openIndexedStore(), diffusion: openIndexedStore('enlarger-diffusion') }),
);
