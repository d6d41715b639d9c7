/**
 * What Stable Diffusion 1.5 needs of a device for 512 x 512 pixels, reckoned from its graphs without weights: what must be bound, and what
 * is held at once. The figures that people are told (`diffusion-fit.ts`) are these.
 */

import { describe, expect, it } from 'vitest';
import type { Structure } from '../../src/architectures/architecture.ts';
import { callMemory } from '../../src/architectures/diffusion/call-memory.ts';
import { controlnetWith } from '../../src/architectures/diffusion/controlnet.ts';
import { buildPart, type Part, type PartForm } from '../../src/architectures/diffusion/part.ts';
import { unetWith } from '../../src/architectures/diffusion/unet.ts';
import { vaeDecoder } from '../../src/architectures/diffusion/vae-decoder.ts';
import { vaeEncoder } from '../../src/architectures/diffusion/vae-encoder.ts';
import { taesdDecoder, taesdEncoder } from '../../src/architectures/diffusion/taesd.ts';
import type { Precision } from '../../src/architectures/graph-builder.ts';
import { canvasAt, type CanvasSteps } from '../../src/diffusion/refine/canvas.ts';
import type { OnnxModel } from '../../src/formats/onnx/model.ts';
import { valueCount } from '../../src/formats/tensor-bytes.ts';
import type { TensorTable } from '../../src/formats/tensor-table.ts';
import { callBytes } from '../../src/models/diffusion-fit.ts';
import { heldBytes } from './held-memory.ts';
import { down, hint, sd1, vae } from './published-diffusion.ts';

/** Of no interest here. */
const steps: CanvasSteps = {
  plan: { sampler: 'euler', sigmas: [1, 0], timesteps: [500], eta: 0, start: { latent: 1, noise: 1 } },
  evaluations: 1,
};
const bindingLimit = 2 ** 27;
const most = 3e9;

/** Halves that are not there: only shapes are looked at. */
function tableOf(part: Part, structure: Structure): TensorTable {
  const entries = part.tensors(structure).map(({ name, shape }) => {
    return [name, { name, dtype: 'f16', shape, offset: 0, bytes: 2 * valueCount(shape) }] as const;
  });
  return { blob: new Blob(), tensors: new Map(entries) };
}

function graphOf(part: Part, structure: Structure, precision: Precision, form: Partial<PartForm>): OnnxModel {
  const whole = { batch: 1, height: 64, width: 64, tokens: 77, ...form };
  const built = buildPart(part, tableOf(part, structure), structure, whole, precision);
  if (!built.ok) throw new Error(built.error.message);
  return built.value;
}

const taesd = { width: 64, latent: 4, blocks: [1, 3, 3, 3], numbered: 0 } as const;
const parts = {
  unet: [unetWith({}), sd1],
  controlnet: [controlnetWith({ flash: false }), { ...down, ...hint }],
  'vae-encoder': [vaeEncoder, vae],
  'vae-decoder': [vaeDecoder, vae],
  'taesd-encoder': [taesdEncoder, taesd],
  'taesd-decoder': [taesdDecoder, { ...taesd, blocks: [3, 3, 3, 1] }],
} as const satisfies Readonly<Record<string, readonly [Part, Structure]>>;

type Kind = keyof typeof parts;
const kinds = Object.keys(parts) as Kind[]; // all keys are
const two = { batch: 2 };
/** 352 pixels: what is planned in full precision, on a GPU. */
const small = { height: 44, width: 44 };

function graph(kind: Kind, precision: Precision, form: Partial<PartForm> = {}): OnnxModel {
  const [part, structure] = parts[kind];
  return graphOf(part, structure, precision, form);
}

describe('a tile of 512 pixels of Stable Diffusion 1.5', () => {
  it.each(kinds)('has no binding above 128 MiB in half precision, and takes less than 3 GB: %s', (kind) => {
    const takesTwo = kind === 'unet' || kind === 'controlnet';
    for (const form of takesTwo ? [{}, two] : [{}]) {
      const model = graph(kind, 'fp16', form);
      const { weights, largest } = callMemory(model);
      expect(largest).toBeLessThanOrEqual(bindingLimit);
      expect(weights + heldBytes(model)).toBeLessThan(most);
    }
  });

  it('takes less than that with a ControlNet beside the UNet, a call for one prediction', () => {
    const both = (['unet', 'controlnet'] as const).map((kind) => graph(kind, 'fp16'));
    const sum = both.reduce((all, model) => all + callMemory(model).weights + heldBytes(model), 0);
    expect(sum).toBeGreaterThan(most);
    expect(sum).toBeLessThan(3.3e9);
  });

  it.each(['vae-encoder', 'vae-decoder'] as const)('is one of 352 pixels in full precision: %s', (kind) => {
    expect(callMemory(graph(kind, 'fp32', small)).largest).toBeLessThanOrEqual(bindingLimit);
    expect(callMemory(graph('vae-decoder', 'fp32')).largest).toBe(2 * bindingLimit);
  });
});

describe('a picture of 4096 x 4096 pixels', () => {
  it.each([
    ['fp16', 64],
    ['fp32', 44],
  ] as const)('is encoded and decoded with no binding above 128 MiB, %s', (precision, vaeTile) => {
    const rect = { x: 0, y: 0, width: 4096, height: 4096 };
    const { vae: planned } = canvasAt(rect, 0, steps, { tile: 64, overlap: 8, vaeTile, multiple: 8 });
    const shapes = new Set(planned.tiles.map(({ read }) => `${read.width} x ${read.height}`));
    expect([...shapes]).toEqual([`${planned.tile.width} x ${planned.tile.height}`]);
    expect(planned.tiles.length).toBeGreaterThan(80);
    for (const kind of ['vae-encoder', 'vae-decoder'] as const) {
      const { largest } = callMemory(graph(kind, precision, planned.tile));
      expect(largest).toBeLessThanOrEqual(bindingLimit);
    }
  });
});

it.each(kinds)('is what people are told of: %s', (kind) => {
  const near = (told: number | undefined, bytes: number): void => {
    expect(Math.abs((told ?? 0) - bytes) / bytes).toBeLessThan(0.05);
  };
  near(callBytes.half[kind], heldBytes(graph(kind, 'fp16', kind === 'unet' ? two : {})));
  near(callBytes.single[kind], heldBytes(graph(kind, 'fp32', kind.startsWith('vae') ? small : {})));
  near(callBytes.cpu[kind], callMemory(graph(kind, 'fp32')).values);
});
