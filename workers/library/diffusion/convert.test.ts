/** Weights that come in fp32 or bf16 are kept in fp16: once, in the records of the store, known again, and stopped when one wants. */

import { beforeEach, describe, expect, it } from 'vitest';
import { tinyDiffusion } from '../../../scripts/reference/tiny-diffusion.ts';
import { readDiffusionFiles } from '../../../src/architectures/diffusion/checkpoint-files.ts';
import { findParts } from '../../../src/architectures/diffusion/checkpoint.ts';
import { sampleFiles } from '../../../src/architectures/diffusion/sample-files.ts';
import { invariant } from '../../../src/base/assert.ts';
import { fail, type Result } from '../../../src/base/result.ts';
import { readNotes } from '../../../src/formats/safetensors/notes.ts';
import { readSafetensors } from '../../../src/formats/safetensors/reader.ts';
import { writeSafetensors } from '../../../src/formats/safetensors/writer.ts';
import { TableWriter } from '../../../src/formats/table-writer.ts';
import type { TensorTable } from '../../../src/formats/tensor-table.ts';
import type { NamedBlob } from '../../../src/formats/weights-file.ts';
import type { ImportedDiffusion } from '../../../src/protocol/library-diffusion.ts';
import { base, bytesFor, FakeServer, MemoryStore } from '../testing.ts';
import { DiffusionLibrary } from './diffusion-library.ts';

let store: MemoryStore;

beforeEach(() => {
  store = new MemoryStore();
});

async function started(): Promise<DiffusionLibrary> {
  const server = new FakeServer(bytesFor(100));
  const library = new DiffusionLibrary({ models: new MemoryStore(), diffusion: store }, server.fetch);
  expect((await library.start(base)).ok).toBe(true);
  return library;
}

function valueOf<T>(result: Result<T>): T {
  invariant(result.ok, result.ok ? '' : result.error.message);
  return result.value;
}

async function tableOf(blob: Blob | undefined): Promise<TensorTable> {
  invariant(blob, 'no file');
  return valueOf(await readSafetensors(blob));
}

/** The tiny VAE in fp32, with a value that fp16 cannot hold, whole numbers, and copies that nothing uses. */
async function vae(): Promise<Blob> {
  const file = tinyDiffusion().find(({ name }) => /vae\/.*safetensors$/.test(name));
  const table = await tableOf(file?.blob);
  const writer = new TableWriter();
  for (const entry of table.tensors.values()) writer.keep(table, entry);
  const made = writer.finish();
  const more = new TableWriter();
  more.add('decoder.conv_out.bias', 'f32', [3], Float32Array.of(1e6, 1, 2));
  more.add('position_ids', 'i64', [2], BigInt64Array.of(0n, 1n));
  more.add('model_ema.decay', 'f32', [1], Float32Array.of(0.9));
  more.add('loss.logvar', 'f32', [1], Float32Array.of(0));
  const own = more.finish();
  const shifted = [...own.tensors].map(
    ([name, entry]) => [name, { ...entry, offset: entry.offset + made.blob.size }] as const,
  );
  const blob = new Blob([made.blob, own.blob]);
  return writeSafetensors(
    { blob, tensors: new Map([...made.tensors, ...shifted]) },
    { 'modelspec.title': 'A VAE' },
  );
}

function take(
  library: DiffusionLibrary,
  files: readonly NamedBlob[],
  onProgress: () => unknown = () => undefined,
): Promise<Result<ImportedDiffusion>> {
  return library.importDiffusion(files, onProgress);
}

describe('weights in fp32', () => {
  it('are kept in fp16 with their notes, but for what that cannot hold, and without what nothing uses', async () => {
    const library = await started();
    const blob = await vae();
    const { entry, known } = valueOf(await take(library, [{ name: 'Fine.ckpt', blob }]));
    expect(known).toBe(false);
    expect(entry).toMatchObject({
      name: 'Fine',
      files: [{ name: 'Fine.safetensors' }],
      full: ['decoder.conv_out.bias'],
      source: { bytes: blob.size },
    });
    expect(entry.bytes).toBeLessThan(blob.size * 0.55);
    const [opened] = valueOf(await library.openDiffusion([entry.id]));
    expect(opened?.name).toBe('Fine.safetensors');
    const { tensors } = await tableOf(opened?.blob);
    expect(tensors.get('decoder.conv_out.bias')?.dtype).toBe('f32');
    expect(tensors.get('position_ids')?.dtype).toBe('i64');
    expect(tensors.has('model_ema.decay') || tensors.has('loss.logvar')).toBe(false);
    const others = [...tensors.values()].filter(({ name }) => !/conv_out\.bias|position_ids/.test(name));
    expect(others.length).toBeGreaterThan(50);
    expect(others.filter(({ dtype }) => dtype === 'f32').map(({ name }) => name)).toEqual([]);
    expect(await readNotes(opened?.blob ?? new Blob())).toMatchObject({ 'modelspec.title': 'A VAE' });
  });

  it('are known when they come again, at the next visit too, and made anew where the kept ones broke', async () => {
    const blob = await vae();
    const { entry } = valueOf(await take(await started(), [{ name: 'a.safetensors', blob }]));
    const next = await started();
    expect(valueOf(await take(next, [{ name: 'b.safetensors', blob }]))).toEqual({ entry, known: true });
    // What it became is known as well.
    const [file] = valueOf(await next.openDiffusion([entry.id]));
    expect(
      valueOf(await take(next, [{ name: 'c.safetensors', blob: file?.blob ?? new Blob() }])),
    ).toMatchObject({
      known: true,
      entry: { id: entry.id, name: 'a' },
    });
    const kept = store.models.get(entry.id);
    invariant(kept, 'not kept');
    store.models.set(entry.id, { ...kept, bytes: new Blob([new Uint8Array(entry.bytes)]) });
    const again = await started();
    expect(valueOf(await take(again, [{ name: 'a.safetensors', blob }]))).toMatchObject({ known: true });
    expect((await again.openDiffusion([entry.id])).ok).toBe(true);
  });

  it('end where one stops it, and nothing is kept', async () => {
    const library = await started();
    const blob = await vae();
    let calls = 0;
    const stopping = (): void => {
      if (++calls === 4) void library.stopImport();
    };
    expect(await take(library, [{ name: 'a.safetensors', blob }], stopping)).toMatchObject({
      error: { code: 'cancelled' },
    });
    expect(store.models.size).toBe(0);
    expect((await take(library, [{ name: 'a.safetensors', blob }])).ok).toBe(true);
  });

  it('serve as they are during the visit where the disk is full', async () => {
    store.write = () => Promise.resolve(fail('storage-full', 'Full.'));
    const library = await started();
    const blob = await vae();
    const { entry, notKept } = valueOf(await take(library, [{ name: 'a.safetensors', blob }]));
    expect(notKept?.code).toBe('storage-full');
    expect(entry).toMatchObject({ bytes: blob.size, files: [{ name: 'a.safetensors', bytes: blob.size }] });
    const [opened] = valueOf(await library.openDiffusion([entry.id]));
    expect(opened?.blob.size).toBe(blob.size);
  });

  it('stay as they are in a LoRA', async () => {
    const writer = new TableWriter();
    const of = 'lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k';
    writer.add(`${of}.lora_down.weight`, 'f32', [4, 768], new Float32Array(4 * 768));
    writer.add(`${of}.lora_up.weight`, 'f32', [32, 4], new Float32Array(128));
    const blob = writeSafetensors(writer.finish(), {});
    const { entry } = valueOf(await take(await started(), [{ name: 'a.safetensors', blob }]));
    expect(entry.bytes).toBe(blob.size);
    expect(entry.source).toBeUndefined();
  });
});

describe('weights in several files', () => {
  /** A part's file cut into two. */
  async function shards(name: string, given: Blob): Promise<NamedBlob[]> {
    const table = await tableOf(given);
    const entries = [...table.tensors];
    return [entries.slice(0, 5), entries.slice(5)].map((some, at) => ({
      name: name.replace('.safetensors', `-0000${at + 1}-of-00002.safetensors`),
      blob: writeSafetensors({ blob: table.blob, tensors: new Map(some) }, {}),
    }));
  }

  const path = 'mine/unet/diffusion_pytorch_model.safetensors';

  it('are one part, kept as they are in fp16, and joined where they are converted', async () => {
    const library = await started();
    const index = { name: `${path}.index.json`, blob: new Blob(['{}']) };
    const config = { name: 'mine/unet/config.json', blob: new Blob(['{}']) };
    const half = [...(await shards(path, sampleFiles.unet())), index, config];
    const { entry } = valueOf(await take(library, half));
    expect(entry).toMatchObject({ name: 'mine', parts: [{ kind: 'unet' }] });
    expect(entry.files.map(({ name }) => name)).toEqual([half[0]?.name, half[1]?.name, config.name]);

    const tiny = tinyDiffusion().find(({ name }) => /unet\/.*safetensors$/.test(name));
    const single = await shards(path, tiny?.blob ?? new Blob());
    const made = valueOf(await take(library, [...single, index, config]));
    expect(made.entry.files.map(({ name }) => name)).toEqual([path, config.name]);
    const files = valueOf(await library.openDiffusion([made.entry.id]));
    const read = valueOf(await readDiffusionFiles(files));
    expect(valueOf(findParts(read.weights, read.configs)).parts.unet).toBeDefined();
  });

  it('are missed by name', async () => {
    const [first] = await shards(path, sampleFiles.unet());
    invariant(first, 'no shard');
    expect(await take(await started(), [first])).toMatchObject({
      error: { code: 'model-unavailable', message: expect.stringContaining('-00002-of-00002') as string },
    });
  });
});
