import { beforeAll, describe, expect, it, vi } from 'vitest';
import { emptyTable } from '../../src/architectures/registry.ts';
import { failure, ok, type Result } from '../../src/base/result.ts';
import type { ErrorCode } from '../../src/base/errors.ts';
import type { ModelCard } from '../../src/models/card.ts';
import type { BackendName, Precision } from '../../src/protocol/backend.ts';
import { Backend } from './backend.ts';
import type { Gpu } from './gpu-device.ts';
import type { ModelSession } from './model-session.ts';
import { place, takeNotice, type CreateSession } from './place.ts';
import type { Runtime } from './runtime.ts';

type Place = `${BackendName} ${Precision}`;

/** How the sessions of one test behave: a wrong network returns black, a failing one its code. */
interface Behaviour {
  readonly milliseconds?: number;
  readonly wrong?: boolean;
  /** Fails from that run on; 0 is the creation. */
  readonly fails?: { readonly code: ErrorCode; readonly run: number };
}

const card = {
  id: 'tiny',
  name: 'Tiny',
  bytesPerPixel: 1e6,
  bindingPerPixel: 1,
  tiles: { context: 1, blend: 0, multiple: 1 },
} as unknown as ModelCard;
const table = emptyTable('srvgg', { features: 4, convs: 1, scale: 2 }, 'fp16');

function bench(behaviours: Partial<Record<Place, Behaviour>>, shaderF16 = true) {
  const adapter = { vendor: '', architecture: '', description: '', fallback: false, shaderF16 };
  const gpu = {
    adapter,
    bindingLimit: 2 ** 27,
    lost: new Promise<string>(() => undefined),
  } as unknown as Gpu;
  const runtime = { build: 'jspi', threads: 1, wasmUrl: '' } as unknown as Runtime;
  const backend = new Backend(runtime, gpu, adapter, 'gpu-faster', true);
  const open = new Set<Place>();
  const create: CreateSession = (_backend, of, _table, name, precision) => {
    const key: Place = `${name} ${precision}`;
    const { milliseconds = 1, wrong = false, fails } = behaviours[key] ?? {};
    const broken: Result<never> = { ok: false, error: failure(fails?.code ?? 'internal', `${key} fails.`) };
    if (fails?.run === 0) return Promise.resolve(broken);
    open.add(key);
    let runs = 0;
    const session: ModelSession = {
      card: of,
      backend: name,
      precision,
      run: async (planes) => {
        await new Promise((resolve) => setTimeout(resolve, milliseconds));
        if (fails && ++runs >= fails.run) return broken;
        return ok(wrong ? new Float32Array(planes.length) : planes);
      },
      release: async () => {
        open.delete(key);
      },
    };
    return Promise.resolve(ok(session));
  };
  return { backend, open, run: () => place(backend, card, table, create) };
}

describe('place', () => {
  beforeAll(() => {
    vi.stubGlobal('navigator', {}); // Node 20 has none
    return () => vi.unstubAllGlobals();
  });

  it('takes the GPU in half precision where that is right and faster', async () => {
    const { backend, open, run } = bench({ 'wasm fp32': { milliseconds: 20 } });
    const model = await run();
    expect(model).toMatchObject({ ok: true, value: { measured: { backend: 'webgpu', precision: 'fp16' } } });
    expect(backend.report).toMatchObject({ backend: 'webgpu', precision: 'fp16', reason: 'gpu-faster' });
    expect([...open]).toEqual(['webgpu fp16']);
    expect(model.ok && takeNotice(model.value)).toBeNull();
  });

  it('takes the CPU where it is faster', async () => {
    const { backend, open, run } = bench({
      'webgpu fp16': { milliseconds: 20 },
      'wasm fp32': { milliseconds: 1 },
    });
    await run();
    expect(backend.report).toMatchObject({ backend: 'wasm', precision: 'fp32', reason: 'cpu-faster' });
    expect([...open]).toEqual(['wasm fp32']);
  });

  it('says once when half precision is wrong and full precision takes its place', async () => {
    const { backend, open, run } = bench({
      'webgpu fp16': { wrong: true },
      'wasm fp32': { milliseconds: 20 },
    });
    const model = await run();
    expect([...open]).toEqual(['webgpu fp32']);
    expect(backend.report).toMatchObject({ backend: 'webgpu', precision: 'fp32' });
    expect(model.ok && takeNotice(model.value)).toMatchObject({
      code: 'fp16-untrusted',
      detail: { model: 'tiny' },
    });
    expect(model.ok && takeNotice(model.value)).toBeNull();
  });

  it('gives the work to the CPU when the GPU is wrong, and says why', async () => {
    const { backend, open, run } = bench({ 'webgpu fp16': { wrong: true }, 'webgpu fp32': { wrong: true } });
    const model = await run();
    expect([...open]).toEqual(['wasm fp32']);
    expect(backend.report).toMatchObject({ backend: 'wasm', precision: 'fp32', reason: 'gpu-untrusted' });
    expect(model.ok && takeNotice(model.value)).toMatchObject({ code: 'gpu-untrusted' });
  });

  it('gives the work to the CPU when the GPU is right but fails its timing', async () => {
    const { backend, open, run } = bench({
      'webgpu fp16': { fails: { code: 'out-of-memory', run: 2 } },
    });
    expect(await run()).toMatchObject({ ok: true, value: { measured: { backend: 'wasm' } } });
    expect([...open]).toEqual(['wasm fp32']);
    expect(backend.report).toMatchObject({ backend: 'wasm', reason: 'gpu-untrusted' });
  });

  it.each([0, 1, 2])('leaves nothing open when the GPU is lost at run %i', async (run) => {
    const bed = bench({ 'webgpu fp16': { fails: { code: 'gpu-lost', run } } });
    expect(await bed.run()).toMatchObject({ ok: false, error: { code: 'gpu-lost' } });
    expect([...bed.open].filter((key) => key.startsWith('wasm'))).toEqual([]);
    expect(bed.backend.undecided).toBe(true);
  });
});
