/** Components find the app's state here. */

import { createContext } from 'svelte';
import type { App } from './app.svelte.ts';

const [useApp, provideApp] = createContext<App>();

export { provideApp, useApp };
