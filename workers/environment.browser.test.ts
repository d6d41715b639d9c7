/** What the browser tests stand on. When one of these fails, look here before the others. */

import { describe, expect, it } from 'vitest';

describe('the test browser', () => {
  it('is cross-origin isolated', () => {
    expect(crossOriginIsolated).toBe(true);
    expect(new SharedArrayBuffer(8).byteLength).toBe(8);
  });

  it('has a WebGPU adapter that gives a device', async () => {
    const adapter = await navigator.gpu.requestAdapter();
    const device = await adapter?.requestDevice();
    expect(device?.limits.maxBufferSize).toBeGreaterThan(0);
    device?.destroy();
  });

  it('runs module workers that are isolated and have WebGPU', async () => {
    const source = `
      import { pathToNothing } from 'data:text/javascript,export const pathToNothing = 1';
      const adapter = await navigator.gpu.requestAdapter();
      postMessage({ isolated: crossOriginIsolated, gpu: adapter !== null, one: pathToNothing });
    `;
    const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    const worker = new Worker(url, { type: 'module' });
    const answer = await new Promise((resolve, reject) => {
      worker.onmessage = (event) => {
        resolve(event.data);
      };
      worker.onerror = (event) => {
        reject(new Error(event.message));
      };
    });
    worker.terminate();
    expect(answer).toEqual({ isolated: true, gpu: true, one: 1 });
  });
});
