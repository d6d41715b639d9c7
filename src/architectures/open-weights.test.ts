import { describe, expect, it } from 'vitest';
import { toHalfArray } from '../formats/float16.ts';
import { valueCount } from '../formats/tensor-bytes.ts';
import { safetensorsOf } from '../formats/testing/safetensors.ts';
import { findWeights, openWeights } from './open-weights.ts';
import { buildGraph, networkTensors } from './registry.ts';

const structure = { features: 8, convs: 1, scale: 2 };
const specs = networkTensors('srvgg', structure);

/** Every value of every tensor is this one, stored as bf16 or fp16. */
function file(dtype: 'BF16' | 'F16', value: number, prefix = ''): Blob {
  const header: Record<string, object> = {};
  const parts: Uint16Array<ArrayBuffer>[] = [];
  let offset = 0;
  for (const { name, shape } of specs) {
    const count = valueCount(shape);
    header[prefix + name] = { dtype, shape, data_offsets: [offset, offset + 2 * count] };
    const brain = (new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0) >>> 16;
    parts.push(
      dtype === 'F16'
        ? toHalfArray(new Array<number>(count).fill(value))
        : new Uint16Array(count).fill(brain),
    );
    offset += 2 * count;
  }
  return new Blob([safetensorsOf(header), ...parts]);
}

async function open(blob: Blob) {
  const found = await findWeights([{ name: 'x', blob }]);
  return found.ok ? openWeights(found.value) : found;
}

describe('weights', () => {
  it.each([
    ['BF16', ''],
    ['F16', 'params_ema.'],
    ['BF16', 'state_dict.model.'],
  ] as const)('in %s under "%s" are recognised and ready for a graph', async (dtype, prefix) => {
    const found = await findWeights([{ name: 'x', blob: file(dtype, 0.5, prefix) }]);
    if (!found.ok) throw new Error(found.error.message);
    expect(found.value.network).toMatchObject({ family: 'srvgg', scale: 2 });
    const table = await openWeights(found.value);
    if (!table.ok) throw new Error(table.error.message);
    expect(table.value.tensors.get('body.0.weight')?.dtype).toBe(dtype === 'F16' ? 'f16' : 'f32');
    expect(buildGraph(found.value.network, table.value, 'fp32')).toMatchObject({ ok: true });
  });

  it.each(['BF16', 'F16'] as const)('in %s that are no numbers are damaged', async (dtype) => {
    const result = await open(file(dtype, Number.NaN));
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'model-damaged', detail: { reason: 'not-finite' } },
    });
    if (!result.ok) expect(result.error.message).toContain(`"${specs[0]?.name ?? ''}"`);
  });

  it('of an unknown network are described, by the names that the file has', async () => {
    const tensor = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };
    const other = safetensorsOf({ 'module.model.diffusion_model.x': tensor }, new Uint8Array(4));
    expect(await open(new Blob([other]))).toMatchObject({
      ok: false,
      error: {
        code: 'model-unrecognised',
        message: expect.stringContaining("a recipe's refine step") as string,
        detail: { example: 'module.model.diffusion_model.x' },
      },
    });
  });

  it('that are no weights fail as they are read', async () => {
    expect(await open(new Blob([]))).toMatchObject({ ok: false, error: { detail: { reason: 'empty' } } });
  });
});
