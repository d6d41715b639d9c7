/** What is told of a device when a diffusion model's memory is estimated. */

import { afterEach, expect, it, vi } from 'vitest';
import type { BackendReport } from '../../protocol/backend.ts';
import { fitDevice } from './fit-device.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

const report: BackendReport = {
  backend: 'webgpu',
  build: 'jspi',
  precision: 'fp16',
  threads: 1,
  adapter: { vendor: '', architecture: '', description: '', fallback: false, shaderF16: true },
  reason: 'gpu-faster',
  wasmUrl: '',
};

it('computes in half precision where the engine does, not wherever an adapter offers it', () => {
  vi.stubGlobal('navigator', {});
  vi.stubGlobal('matchMedia', () => ({ matches: false }));
  expect(fitDevice(report)).toMatchObject({ backend: 'webgpu', half: true, phone: false });
  expect(fitDevice({ ...report, precision: 'fp32' })?.half).toBe(false);
  expect(fitDevice(null)).toBeNull();
});
