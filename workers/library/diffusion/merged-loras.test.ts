/** LoRAs merged by the library: made once, found again, changed with their strength, bounded, stopped, and the same as merging in the engine. */

import { beforeEach, describe, expect, it } from 'vitest';
import { tinyDiffusion } from '../../../scripts/reference/tiny-diffusion.ts';
import { tinyLora } from '../../../scripts/reference/tiny-lora.ts';
import { invariant } from '../../../src/base/assert.ts';
import type { Result } from '../../../src/base/result.ts';
import { tensorBytes } from '../../../src/formats/tensor-bytes.ts';
import { readSafetensors } from '../../../src/formats/safetensors/reader.ts';
import type { NamedBlob } from '../../../src/formats/weights-file.ts';
import type { MergedPart } from '../../../src/protocol/engine.ts';
import { base, bytesFor, FakeServer, MemoryStore } from '../testing.ts';
import { DiffusionLibrary } from './diffusion-library.ts';

let stores: { readonly models: MemoryStore; readonly diffusion: MemoryStore; readonly merged: MemoryStore };

beforeEach(() => {
  stores = { models: new MemoryStore(), diffusion: new MemoryStore(), merged: new MemoryStore() };
});

function valueOf<T>(result: Result<T>): T {
  invariant(result.ok, result.ok ? '' : result.error.message);
  return result.value;
}

async function started(): Promise<DiffusionLibrary> {
  const library = new DiffusionLibrary(stores, new FakeServer(bytesFor(100)).fetch);
  expect((await library.start(base)).ok).toBe(true);
  return library;
}

function model(): NamedBlob[] {
  return tinyDiffusion('epsilon', 'f16').map(({ name, blob }) => ({ name: `model/${name}`, blob }));
}

/** With a model in fp16 and a LoRA of its UNet and text encoder; their ids. */
async function filled(library: DiffusionLibrary): Promise<string[]> {
  const whole = valueOf(await library.importDiffusion(model()));
  const lora = valueOf(await library.importDiffusion([{ name: 'paint.safetensors', blob: tinyLora() }]));
  return [whole.entry.id, lora.entry.id];
}

const step = { weights: { checkpoint: 'model', loras: [{ file: 'paint.safetensors', weight: 0.5 }] } };

function brief(merged: readonly MergedPart[]): unknown {
  return merged.map(({ part, from, loras }) => ({ part, from, loras }));
}

describe('LoRAs of a step', () => {
  it('are merged once, of either part only what they change, and found at the next visit', async () => {
    const library = await started();
    const ids = await filled(library);
    const shares: number[] = [];
    const merged = valueOf(
      await library.mergeDiffusion(ids, [step, step], ({ bytes, total }) => shares.push(bytes / total)),
    );
    const loras = [{ file: 'paint.safetensors', weight: 0.5 }];
    expect(brief(merged)).toEqual([
      { part: 'unet', from: 'model/unet/diffusion_pytorch_model.safetensors', loras },
      { part: 'text-encoder', from: 'model/text_encoder/model.safetensors', loras },
    ]);
    expect(shares.at(-1)).toBe(1);
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    const { tensors } = valueOf(await readSafetensors(merged[0]?.weights ?? new Blob()));
    expect([...tensors.keys()]).toEqual([
      'down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight',
    ]);
    const made = [...stores.merged.models.keys()];
    expect(made).toHaveLength(2);

    shares.length = 0;
    const again = valueOf(
      await (await started()).mergeDiffusion(ids, [step], ({ bytes }) => shares.push(bytes)),
    );
    expect(shares).toEqual([]);
    expect(brief(again)).toEqual(brief(merged));
    expect([...stores.merged.models.keys()]).toEqual(made);
  });

  it('are made anew with another strength, also one of a prompt’s tag', async () => {
    const library = await started();
    const ids = await filled(library);
    const [first] = valueOf(await library.mergeDiffusion(ids, [step]));
    const tagged = { weights: { checkpoint: 'model' }, prompt: 'a <lora:paint:0.25:1>' };
    const [unet, text] = valueOf(await library.mergeDiffusion(ids, [tagged]));
    expect(unet?.loras).toEqual([{ file: 'paint.safetensors', weight: 1 }]);
    expect(text?.loras).toEqual([{ file: 'paint.safetensors', weight: 0.25 }]);
    expect(stores.merged.models.size).toBe(4);
    const values = async (part?: MergedPart): Promise<unknown> => {
      const table = valueOf(await readSafetensors(part?.weights ?? new Blob()));
      const [entry] = [...table.tensors.values()];
      return entry && tensorBytes(table, entry);
    };
    expect(await values(unet)).not.toEqual(await values(first));
  });

  it('go with what they were made of, and nothing is made for a step without', async () => {
    const library = await started();
    const ids = await filled(library);
    expect(valueOf(await library.mergeDiffusion(ids, [{ weights: { checkpoint: 'model' } }]))).toEqual([]);
    valueOf(await library.mergeDiffusion(ids, [step]));
    await library.removeDiffusion(ids[1] ?? '');
    expect(stores.merged.models.size).toBe(0);
  });

  it('are made anew where the store gives back too little', async () => {
    const library = await started();
    const ids = await filled(library);
    const [made] = valueOf(await library.mergeDiffusion(ids, [step]));
    for (const [id, { entry, bytes }] of stores.merged.models) {
      stores.merged.models.set(id, { entry, bytes: bytes.slice(0, 8) });
    }
    const [again] = valueOf(await library.mergeDiffusion(ids, [step]));
    expect(again?.weights.size).toBe(made?.weights.size);
  });

  it('are written once where two tabs make them at once', async () => {
    const libraries = [await started(), await started()];
    const ids = await filled(await started());
    const put = stores.merged.put.bind(stores.merged);
    const heard: string[] = [];
    stores.merged.put = async (...all) => {
      heard.push(all[0].id);
      await new Promise((resolve) => setTimeout(resolve, 20));
      return put(...all);
    };
    const made = await Promise.all(libraries.map((library) => library.mergeDiffusion(ids, [step])));
    expect(made.map((one) => valueOf(one).length)).toEqual([2, 2]);
    expect(new Set(heard).size).toBe(heard.length);
  });

  it('give way to newer ones where all together are too large', async () => {
    const library = await started();
    const ids = await filled(library);
    valueOf(await library.mergeDiffusion(ids, [step]));
    for (const [id, { entry, bytes }] of stores.merged.models) {
      stores.merged.models.set(id, { entry: { ...entry, bytes: 3e9, merged: { of: [], at: 1 } }, bytes });
    }
    const old = [...stores.merged.models.keys()];
    const other = { weights: { ...step.weights, loras: [{ file: 'paint.safetensors', weight: 2 }] } };
    valueOf(await library.mergeDiffusion(ids, [other]));
    const left = [...stores.merged.models.keys()];
    expect(left).toHaveLength(3);
    expect(left.filter((id) => old.includes(id))).toHaveLength(1);
  });

  it('are left where one stops it', async () => {
    const library = await started();
    const ids = await filled(library);
    const stopped = await library.mergeDiffusion(ids, [step], () => void library.stopMerging());
    expect(stopped).toMatchObject({ ok: false, error: { code: 'cancelled' } });
    expect(stores.merged.models.size).toBe(0);
  });
});
