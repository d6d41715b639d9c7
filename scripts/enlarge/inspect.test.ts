import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { emptyTable } from '../../src/architectures/registry.ts';
import { safetensorsOf } from '../../src/formats/testing/safetensors.ts';
import { inspect, inspectAll } from './inspect.ts';

const foreign = join(import.meta.dirname, '../reference/foreign');
const shipped = join(import.meta.dirname, '../../public/models/photo-fast.onnx');
const strange = join(import.meta.dirname, '../reference/weights/zip.pth');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'enlarger-'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
});

describe('--inspect', () => {
  it('says what a file holds', async () => {
    const table = emptyTable('srvgg', { features: 8, convs: 1, scale: 2 }, 'fp16');
    const header = Object.fromEntries(
      [...table.tensors.values()].map(({ name, shape, bytes }, index) => [
        `params.${name}`,
        { dtype: bytes === shape.reduce((a, b) => a * b) * 2 ? 'F16' : 'F32', shape, at: index, bytes },
      ]),
    );
    let offset = 0;
    const placed = Object.fromEntries(
      Object.entries(header).map(([name, { dtype, shape, bytes }]) => {
        offset += bytes;
        return [name, { dtype, shape, data_offsets: [offset - bytes, offset] }];
      }),
    );
    const path = join(folder, 'a.weird');
    await writeFile(path, safetensorsOf(placed, new Uint8Array(offset)));
    expect(await inspect(path)).toEqual({
      ok: true,
      value: {
        format: 'safetensors',
        family: 'srvgg',
        structure: expect.objectContaining({ features: 8, convs: 1, scale: 2 }) as object,
        scale: 2,
        parameters: 3 * 8 * 9 + 8 + 8 + 8 * 8 * 9 + 8 + 8 + 8 * 12 * 9 + 12,
        tensors: table.tensors.size,
        dtypes: ['f16', 'f32'],
        rules: expect.objectContaining({ multiple: 1 }) as object,
      },
    });
  });

  it('prints a line of JSON for each file, and fails when one does', async () => {
    const lines: string[] = [];
    vi.spyOn(console, 'log').mockImplementation((line: string) => lines.push(line));
    expect(await inspectAll([shipped, strange, join(folder, 'missing')], true)).toBe(1);
    const [first, second, third] = lines.map((line) => JSON.parse(line) as unknown);
    expect(first).toMatchObject({
      input: shipped,
      format: 'onnx',
      family: 'srvgg',
      scale: 4,
      parameters: 1_213_296,
    });
    expect(second).toMatchObject({ input: strange, error: { code: 'model-unrecognised' } });
    expect(third).toMatchObject({ error: { code: 'model-unavailable' } });
    expect(await inspectAll([shipped], true)).toBe(0);
  });

  it('can be read by a person', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    await inspectAll([shipped], false);
    expect(String(log.mock.calls[0]?.[0])).toMatch(
      /srvgg 4x \(onnx\)\n {2}1,213,296 parameters in \d+ tensors/,
    );
  });

  it('runs an ONNX network that no family knows, with the files beside it', async () => {
    const found = await inspect(join(foreign, 'external.onnx'));
    expect(found).toMatchObject({
      ok: true,
      value: { format: 'onnx', family: null, nodes: 8, probed: { resembles: true, model: { scale: 2 } } },
    });
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    await inspectAll([join(foreign, 'nhwc.onnx')], false);
    expect(String(log.mock.calls[0]?.[0])).toMatch(
      /unknown network, 2x .*\n {2}takes "input": f32, NHWC, RGB, values 0 to 1\n/,
    );
    const refused = await inspect(join(foreign, 'classifier.onnx'));
    expect(refused).toMatchObject({ ok: false, error: { detail: { reason: 'not-a-picture' } } });
    expect(await inspect(join(foreign, 'truncated.onnx'))).toMatchObject({
      ok: false,
      error: { code: 'model-damaged' },
    });
  });
});
