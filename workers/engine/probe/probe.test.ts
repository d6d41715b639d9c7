import { describe, expect, it } from 'vitest';
import { openBare } from '../../../scripts/lib/bare-runner.ts';
import { foreignFile } from '../../../scripts/reference/foreign.ts';
import type { ForeignEnd } from '../../../src/architectures/foreign.ts';
import { probe } from './probe.ts';

const end = { dtype: 'f32', layout: 'nchw', channels: 3, range: 'unit', order: 'rgb' } as const;

describe('probing', () => {
  it.each<[string, Partial<ForeignEnd>]>([
    ['plain', {}],
    ['external', {}],
    ['nhwc', { layout: 'nhwc' }],
    ['half', { dtype: 'f16' }],
    ['bytes', { dtype: 'u8', range: 'byte' }],
    ['range-255', { range: 'byte' }],
    ['signed', { range: 'signed' }],
    ['grey', { channels: 1 }],
  ])('finds how it takes and gives pictures: %s', async (name, different) => {
    const found = await probe(await foreignFile(name), openBare, {});
    expect(found).toMatchObject({
      ok: true,
      value: {
        resembles: true,
        whole: false,
        model: {
          input: { ...end, ...different, name: 'input' },
          output: { ...end, ...different, name: 'output' },
          scale: 2,
          keepsFlat: false,
        },
      },
    });
    if (!found.ok) return;
    // Two convolutions of 3 x 3 reach two pixels.
    expect(found.value.model.rules).toEqual({ context: 4, blend: 8, multiple: 1 });
  });

  it('finds the multiple of which the sides must be', async () => {
    const found = await probe(await foreignFile('multiple-8'), openBare, {});
    expect(found).toMatchObject({ ok: true, value: { model: { rules: { multiple: 8, context: 4 } } } });
  });

  it('finds the one shape that it runs', async () => {
    const found = await probe(await foreignFile('fixed'), openBare, {});
    const fixed = { width: 64, height: 64 };
    expect(found).toMatchObject({
      ok: true,
      value: { model: { scale: 2, rules: { fixed, context: 4, blend: 8 } } },
    });
  });

  it('finds that the channels come back turned', async () => {
    const found = await probe(await foreignFile('turned'), openBare, {});
    expect(found).toMatchObject({
      ok: true,
      value: { model: { input: { order: 'rgb' }, output: { order: 'bgr' } } },
    });
  });

  it('counts what a pixel costs', async () => {
    const found = await probe(await foreignFile('plain'), openBare, {});
    if (!found.ok) throw new Error(found.error.message);
    const { cost, parameters } = found.value.model;
    // 8 x 3 x 9, 12 x 8 x 9 and 12 x 3 weights, two sums each; joined before the pixels are laid apart.
    expect(cost.flopsPerPixel).toBeGreaterThan(2 * (216 + 864 + 36) - 1);
    expect(cost.flopsPerPixel).toBeLessThan(2.2 * (216 + 864 + 36));
    expect(parameters).toBe(216 + 8 + 864 + 36);
    expect(cost.bindingPerPixel).toBe(4 * 12);
  });

  it('goes by what a person knows better', async () => {
    const found = await probe(await foreignFile('plain'), openBare, { range: 'signed', order: 'bgr' });
    const wanted = { range: 'signed', order: 'bgr' };
    expect(found).toMatchObject({ ok: true, value: { model: { input: wanted, output: wanted } } });
    const other = await probe(await foreignFile('plain'), openBare, { layout: 'nhwc' });
    expect(other).toMatchObject({ ok: false, error: { code: 'model-unsupported' } });
  });

  it.each([
    ['classifier', '"scores" of the shape 1 × 10'],
    ['two-inputs', 'it takes 2 inputs ("input", "noise")'],
  ])('refuses what is no network of pictures, with what was found: %s', async (name, words) => {
    const found = await probe(await foreignFile(name), openBare, {});
    expect(found).toMatchObject({
      ok: false,
      error: { code: 'model-unsupported', detail: { reason: 'not-a-picture' } },
    });
    if (!found.ok) expect(found.error.message).toContain(words);
  });

  it('does not come to a file that is cut short', async () => {
    await expect(foreignFile('truncated')).rejects.toThrow('not a whole ONNX file');
  });
});
