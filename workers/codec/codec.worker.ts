import { expose } from 'comlink';
import { Codec } from './codec.ts';

expose(new Codec());
