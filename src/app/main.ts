/** The page's start: state, the first paint, and only then the workers. */

import { mount } from 'svelte';
import Root from './App.svelte';
import { App } from './state/app.svelte.ts';
import { startServices, type Services } from './state/services.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';

const target = document.getElementById('app');
if (!target) throw new Error('The page has no element with the id "app".');

const services = Promise.withResolvers<Services>();
const app = new App(services.promise);
mount(Root, { target, props: { app } });

// Two frames later the first paint is on the screen.
requestAnimationFrame(() =>
  requestAnimationFrame(() => {
    startServices().then(services.resolve, services.reject);
    // With `?manual` the page does nothing by itself: all cores are for whoever calls `window.enlarger`.
    if (!new URLSearchParams(location.search).has('manual')) void app.start();
    void import('./api/install.ts').then(({ installApi }) => installApi(services.promise, app.busy));
  }),
);
