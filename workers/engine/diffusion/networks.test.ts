import { describe, expect, it } from 'vitest';
import type { Precision } from '../../../src/architectures/graph-builder.ts';
import type { Failure } from '../../../src/base/errors.ts';
import { fail, ok, type Result } from '../../../src/base/result.ts';
import type { OnnxModel } from '../../../src/formats/onnx/model.ts';
import type { LoadedModel, LoadedPart } from './loaded-model.ts';
import { PartNetworks } from './networks.ts';
import type { OpenPart, PartSession } from './part-session.ts';

const outputs: Readonly<Record<string, string>> = {
  text: 'hidden',
  encoder: 'mean',
  unet: 'noise',
  controlnet: 'mid',
  decoder: 'sample',
  preview: 'sample',
};
const size = { width: 2, height: 1 };
const call = {
  sample: new Float32Array(8),
  size,
  timestep: 500,
  context: new Float32Array(77 * 4),
  guidance: 1,
  control: null,
};

/** A graph that only says whose it is, and in which precision. */
function partOf(role: string): LoadedPart {
  const graph = (precision: Precision): OnnxModel => ({
    name: `${role} ${precision}`,
    opset: 17,
    inputs: [],
    outputs: [],
    nodes: [],
    initializers: [],
  });
  return { weights: new Blob([role]), graph: (_, precision) => ok(graph(precision)) };
}

const model: LoadedModel = {
  traits: {
    prediction: 'epsilon',
    scaling: { encoder: 1, decoder: 1 },
    contextWidth: 4,
    padding: 0,
    guidanceInput: false,
  },
  vocabulary: 10,
  vectors: null,
  text: partOf('text'),
  encoder: partOf('encoder'),
  unet: partOf('unet'),
  decoder: partOf('decoder'),
  controlnet: partOf('controlnet'),
  multiple: 1,
};

interface Bench {
  readonly networks: PartNetworks;
  /** What is open, in the order of opening. */
  readonly held: () => readonly string[];
  readonly opened: readonly string[];
  readonly notices: readonly Failure[];
}

interface BenchOptions {
  readonly precision?: Precision;
  readonly keepAll?: boolean;
  readonly preview?: boolean;
  readonly now?: () => number;
}

/** `value` is what a part of that name gives. */
function bench(
  value: (name: string) => number = () => 1,
  { precision = 'fp16', keepAll = false, preview = false, now = () => performance.now() }: BenchOptions = {},
): Bench {
  const held = new Set<string>();
  const opened: string[] = [];
  const notices: Failure[] = [];
  const open: OpenPart = ({ name }) => {
    held.add(name);
    opened.push(name);
    const session: PartSession = {
      run: () => {
        if (!held.has(name)) throw new Error(`${name} runs after its release.`);
        return Promise.resolve(
          ok({ [outputs[name.split(' ')[0] ?? ''] ?? '']: Float32Array.of(value(name)) }),
        );
      },
      release: () => {
        held.delete(name);
        return Promise.resolve();
      },
    };
    return Promise.resolve(ok(session));
  };
  const networks = new PartNetworks(preview ? { ...model, preview: partOf('preview') } : model, open, {
    now,
    precision,
    keepAll,
    fullTile: null,
    room: null,
    notice: (notice) => notices.push(notice),
  });
  return { networks, held: () => [...held], opened, notices };
}

const tokens = Array.from({ length: 77 }, () => 0);

describe('a UNet that insists on two predictions a call', () => {
  it('is asked for both at once, whatever the device', async () => {
    const batches: number[] = [];
    const unet: LoadedPart = {
      ...partOf('unet'),
      batch: 2,
      graph: (form, precision) => {
        batches.push(form.batch);
        return partOf('unet').graph(form, precision);
      },
    };
    const open: OpenPart = () =>
      Promise.resolve(
        ok({
          run: () => Promise.resolve(ok({ noise: Float32Array.of(1, 2) })),
          release: () => Promise.resolve(),
        }),
      );
    const networks = new PartNetworks({ ...model, unet, controlnet: null }, open, {
      precision: 'fp32',
      keepAll: false,
      fullTile: null,
      room: null,
      notice: () => undefined,
    });
    const answers = await networks.predict([call, call]);
    expect(answers).toEqual(ok([Float32Array.of(1), Float32Array.of(2)]));
    expect(batches).toEqual([2]);
  });
});

describe('the networks of a diffusion model', () => {
  it('are held one at a time, but for a ControlNet beside its UNet, and opened once', async () => {
    const { networks, held, opened } = bench();
    await networks.text({ tokens });
    await networks.text({ tokens });
    expect(held()).toEqual(['text fp16']);
    await networks.encode(new Float32Array(1), size);
    expect(held()).toEqual(['encoder fp16']);
    await networks.predict([call]);
    expect(held()).toEqual(['unet fp16']);
    await networks.predict([{ ...call, control: { hint: new Float32Array(1), factors: [1] } }]);
    await networks.predict([call]);
    expect(held()).toEqual(['unet fp16', 'controlnet fp16']);
    await networks.decode(new Float32Array(1), size);
    expect(held()).toEqual(['decoder fp16']);
    expect(opened).toEqual(['text fp16', 'encoder fp16', 'unet fp16', 'controlnet fp16', 'decoder fp16']);
    await networks.release();
    expect(held()).toEqual([]);
  });

  it('are opened anew for another size, and never kept beside that of the first', async () => {
    const { networks, held, opened } = bench();
    await networks.predict([call]);
    await networks.predict([{ ...call, size: { width: 4, height: 1 } }]);
    expect(opened).toHaveLength(2);
    // Both have one name here: the second was opened when the first had been released.
    expect(held()).toEqual(['unet fp16']);
    await networks.release();
  });

  it('stay open where work goes back and forth between them', async () => {
    const { networks, held, opened } = bench(() => 1, { keepAll: true });
    for (let round = 0; round < 2; round++) {
      await networks.encode(new Float32Array(1), size);
      await networks.predict([call]);
      await networks.decode(new Float32Array(1), size);
    }
    expect(opened).toHaveLength(3);
    await networks.release();
    expect(held()).toEqual([]);
  });

  it.each([NaN, Infinity])(
    'compute in full precision what half precision gave as %s, and say so',
    async (off) => {
      const { networks, held, opened, notices } = bench((name) => (name === 'decoder fp16' ? off : 7));
      expect(await networks.decode(new Float32Array(1), size)).toEqual(ok(Float32Array.of(7)));
      expect(held()).toEqual(['decoder fp32']);
      expect(notices).toMatchObject([{ code: 'fp16-untrusted', detail: { part: 'decoder' } }]);
      // It is not tried again, and the others go on in half precision.
      await networks.predict([call]);
      await networks.decode(new Float32Array(1), size);
      expect(opened).toEqual(['decoder fp16', 'decoder fp32', 'unet fp16', 'decoder fp32']);
      expect(notices).toHaveLength(1);
    },
  );

  it('fail where full precision gives no numbers either, and name the part', async () => {
    const { networks, notices } = bench(() => NaN);
    const done = await networks.encode(new Float32Array(1), size);
    expect(done).toMatchObject({ ok: false, error: { code: 'model-damaged', detail: { part: 'encoder' } } });
    expect(done.ok ? '' : done.error.message).toContain("VAE's encoder");
    expect(notices).toHaveLength(1);
    const full = bench(() => NaN, { precision: 'fp32' });
    expect((await full.networks.encode(new Float32Array(1), size)).ok).toBe(false);
    expect(full.opened).toHaveLength(1);
  });

  it.each([
    ['does not open', true],
    ['does not run', false],
  ])('tell which of them is too large where one %s for lack of memory, and the way out', async (_, opens) => {
    const none = (): Promise<Result<never>> =>
      Promise.resolve(fail('out-of-memory', 'This tile is too large.', { cause: 'bad_alloc', fatal: true }));
    const session = { run: none, release: () => Promise.resolve() };
    const networks = new PartNetworks(model, opens ? none : () => Promise.resolve(ok(session)), {
      precision: 'fp16',
      keepAll: false,
      fullTile: null,
      room: null,
      notice: () => undefined,
    });
    const done = await networks.predict([call]);
    // The same engine cannot go on after an abort, which is told beside the words.
    expect(done).toMatchObject({
      ok: false,
      error: { code: 'out-of-memory', detail: { part: 'unet', fatal: true } },
    });
    const message = done.ok ? '' : done.error.message;
    for (const words of ['UNet', 'smaller copy', 'Models screen', 'smaller tiles'])
      expect(message).toContain(words);
    expect(message).not.toContain('This tile');
    await networks.release();
  });

  it('answer what opening answers', async () => {
    const networks = new PartNetworks(model, () => Promise.resolve(fail('gpu-lost', 'Gone.')), {
      precision: 'fp32',
      keepAll: false,
      fullTile: null,
      room: null,
      notice: () => undefined,
    });
    expect(await networks.predict([call])).toMatchObject({ ok: false, error: { code: 'gpu-lost' } });
    await networks.release();
  });
});

describe('previews', () => {
  const shown = new Float32Array(8);

  it('are decoded beside the UNet, in the time that is theirs', async () => {
    let time = 0;
    const { networks, held } = bench(() => 1, { preview: true, now: () => (time += 50) });
    expect(await networks.preview(shown, size)).toBeNull();
    await networks.predict([call]);
    expect(await networks.preview(shown, size)).toEqual(Float32Array.of(1));
    expect(held()).toEqual(['unet fp16', 'preview fp16']);
    // Each takes as long as a call: nine more of these are needed.
    await networks.predict([call]);
    expect(await networks.preview(shown, size)).toBeNull();
    for (let i = 0; i < 18; i++) await networks.predict([call]);
    expect(await networks.preview(shown, size)).not.toBeNull();
    await networks.decode(shown, size);
    expect(held()).toEqual(['decoder fp16']);
    await networks.release();
  });

  it('are none where nothing decodes them, and none any more where they failed once', async () => {
    const without = bench();
    await without.networks.predict([call]);
    expect(await without.networks.preview(shown, size)).toBeNull();
    const { networks, opened } = bench((name) => (name.startsWith('preview') ? NaN : 1), { preview: true });
    await networks.predict([call]);
    for (let i = 0; i < 2; i++) expect(await networks.preview(shown, size)).toBeNull();
    expect(opened).toEqual(['unet fp16', 'preview fp16', 'preview fp32']);
    await networks.release();
  });
});
