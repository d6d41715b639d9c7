import { expose } from 'comlink';
import { openIndexedStore } from './indexed-store.ts';
import { Library } from './library.ts';

expose(new Library(openIndexedStore()));
