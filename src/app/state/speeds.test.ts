import { describe, expect, it } from 'vitest';
import type { BackendReport } from '../../protocol/backend.ts';
import { deviceKey, parseSpeeds, withSpeed } from './speeds.ts';

const report: BackendReport = {
  backend: 'webgpu',
  build: 'jspi',
  precision: 'fp16',
  threads: 4,
  adapter: { vendor: 'intel', architecture: 'xe', description: '', fallback: false, shaderF16: true },
  reason: 'gpu-faster',
  wasmUrl: '',
};
const measured = (model: string, pixelsPerSecond: number) =>
  ({ model, pixelsPerSecond, backend: 'webgpu', precision: 'fp16' }) as const;

describe('deviceKey', () => {
  it('tells devices and backends apart', () => {
    expect(deviceKey(report)).toBe('webgpu fp16 intel xe');
    expect(deviceKey({ ...report, backend: 'wasm', precision: 'fp32' })).toBe('wasm fp32 4 threads');
  });
});

describe('parseSpeeds', () => {
  it('drops what is not a speed', () => {
    expect(parseSpeeds({ a: { m: 5, n: '7', o: -1 }, b: 3, c: {} })).toEqual({ a: { m: 5 } });
    expect(parseSpeeds('x')).toEqual({});
  });
});

describe('withSpeed', () => {
  it('adds to a device and forgets the oldest device', () => {
    let speeds = withSpeed({}, 'd0', measured('m', 1));
    speeds = withSpeed(speeds, 'd0', measured('n', 2));
    expect(speeds).toEqual({ d0: { m: 1, n: 2 } });
    for (let i = 1; i <= 6; i++) speeds = withSpeed(speeds, `d${i}`, measured('m', i));
    expect(Object.keys(speeds)).toEqual(['d1', 'd2', 'd3', 'd4', 'd5', 'd6']);
  });
});
