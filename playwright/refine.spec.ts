/** Recipes that refine, with the headless command and with `window.enlarger`: a tiny diffusion model with random weights. */

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { seeded } from '../scripts/reference/seeded.ts';
import { tinyDiffusion } from '../scripts/reference/tiny-diffusion.ts';
import { sampleFiles } from '../src/architectures/diffusion/sample-files.ts';
import { readSafetensors } from '../src/formats/safetensors/reader.ts';
import { writeSafetensors } from '../src/formats/safetensors/writer.ts';
import { TableWriter } from '../src/formats/table-writer.ts';
import { onCpu } from './support/app-page.ts';
import { command } from './support/command.ts';
import { differences, enlargedBy } from './support/expected.ts';
import { crop, pngFile, readPng } from './support/pictures.ts';
import { expect, test } from './support/story.ts';

const enlarge = { kind: 'upscale', model: 'anime-fast', size: { by: 4 } };
const refine = {
  kind: 'refine',
  prompt: 'a cup of coffee',
  steps: 5,
  seed: 3,
  tiles: { mode: 'joint', tile: 64, overlap: 16 },
};

const prefixes = {
  text_encoder: 'cond_stage_model.transformer.',
  unet: 'model.diffusion_model.',
  vae: 'first_stage_model.',
} as const;

/** The model in one file. */
async function checkpoint(): Promise<Blob> {
  const writer = new TableWriter();
  const files = tinyDiffusion();
  for (const [part, prefix] of Object.entries(prefixes)) {
    const file = files.find(({ name }) => name.startsWith(`${part}/`) && name.endsWith('.safetensors'));
    const read = await readSafetensors(file?.blob ?? new Blob());
    if (!read.ok) throw new Error(read.error.message);
    for (const entry of read.value.tensors.values()) {
      writer.keep(read.value, { ...entry, name: prefix + entry.name });
    }
  }
  return writeSafetensors(writer.finish(), {});
}

/** A change of one layer, strong enough to be seen. */
function lora(): Blob {
  const writer = new TableWriter();
  const layer = 'lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_v';
  for (const [name, shape] of [
    [`${layer}.lora_down.weight`, [4, 64]],
    [`${layer}.lora_up.weight`, [32, 4]],
  ] as const) {
    writer.add(name, 'f32', shape, seeded(name, shape, -1, 1));
  }
  writer.add(`${layer}.alpha`, 'f32', [1], Float32Array.of(4));
  return writeSafetensors(writer.finish(), {});
}

test.describe('a recipe that refines', () => {
  let folder = '';

  test.beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enlarger-'));
  });

  test.afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  async function put(name: string, content: Blob | string): Promise<void> {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(
      path,
      typeof content === 'string' ? content : new Uint8Array(await content.arrayBuffer()),
    );
  }

  test('redraws what was enlarged, twice the same, by a folder and by files', async () => {
    const source = crop(24, 20);
    const { buffer } = pngFile('photo.png', source);
    for (const name of ['photo.png', 'again.png']) await writeFile(join(folder, name), buffer);
    for (const { name, blob } of tinyDiffusion()) await put(`tiny/${name}`, blob);
    await put('whole.safetensors', await checkpoint());
    await put('paint.safetensors', lora());
    await put('recipe.json', JSON.stringify({ version: 1, steps: [enlarge, refine] }));
    const inputs = ['photo.png', 'again.png', '--recipe', 'recipe.json', '--backend', 'wasm', '--json'];
    const first = await command(folder, ...inputs, '--out', 'results/', '--weights', 'tiny');
    expect(first.lines).toMatchObject([
      { width: 96, height: 80, backend: 'wasm', model: 'anime-fast+tiny' },
      { width: 96, height: 80, backend: 'wasm', model: 'anime-fast+tiny' },
    ]);
    expect(first.code).toBe(0);
    const [photo, again] = await Promise.all(
      ['photo@4x.png', 'again@4x.png'].map((name) => readFile(join(folder, 'results', name))),
    );
    expect(photo).toEqual(again);
    const redrawn = readPng(photo ?? new Uint8Array());
    expect(differences(redrawn, await enlargedBy('anime-fast', source)).mean).toBeGreaterThan(1);

    const painted = {
      ...refine,
      weights: { checkpoint: 'whole.safetensors', loras: [{ file: 'paint.safetensors', weight: 1 }] },
    };
    await put('painted.json', JSON.stringify({ version: 1, steps: [enlarge, painted] }));
    const files = ['--weights', 'whole.safetensors', '--weights', 'paint.safetensors'];
    const second = await command(
      folder,
      ...['photo.png', '--out', 'painted.png', '--recipe', 'painted.json', ...files],
      ...['--backend', 'wasm', '--json'],
    );
    expect(second.lines).toMatchObject([{ width: 96, height: 80, model: 'anime-fast+whole.safetensors' }]);
    const result = readPng(await readFile(join(folder, 'painted.png')));
    expect(differences(result, redrawn).most).toBeGreaterThan(2);
    expect(differences(result, redrawn).mean).toBeLessThan(40);
  });

  test('says what is missing', async () => {
    await writeFile(join(folder, 'photo.png'), pngFile('photo.png', crop(16, 16)).buffer);
    await put('recipe.json', JSON.stringify({ version: 1, steps: [refine] }));
    const words = ['photo.png', '--out', 'a.png', '--recipe', 'recipe.json', '--json'];
    const bare = await command(folder, ...words, '--backend', 'wasm');
    expect(bare.lines).toEqual([
      {
        input: 'photo.png',
        error: { code: 'model-unavailable', message: expect.stringContaining('--weights FILE_OR_FOLDER') },
      },
    ]);
    expect(bare.code).toBe(1);
    const wrong = await command(folder, ...words, '--weights', 'nowhere');
    expect(wrong.aside).toContain('There is nothing at "nowhere"');
    expect(wrong.code).toBe(2);
  });
});

/** A file as it goes into a page. */
async function portable(name: string, blob: Blob): Promise<readonly [string, string]> {
  return [name, Buffer.from(await blob.arrayBuffer()).toString('base64')];
}

test('what cannot refine is refused by name, with a way out', async ({ page }) => {
  const control = tinyDiffusion('epsilon', 'f16', { control: true }).find(({ name }) =>
    /^controlnet.*tensors$/.test(name),
  );
  const whole = await portable('whole.safetensors', sampleFiles.checkpoint());
  const cases: readonly (readonly [object, readonly (readonly [string, string])[], string, string])[] = [
    [
      { weights: { checkpoint: 'gone.ckpt' } },
      [whole],
      'model-unavailable',
      'names the file "gone.ckpt", which is not among the weights that are given (whole.safetensors)',
    ],
    [
      {},
      [await portable('xl.safetensors', sampleFiles.sdxl())],
      'model-unsupported',
      '"xl.safetensors" is a model of the SDXL family',
    ],
    [
      {},
      [await portable('unet.safetensors', sampleFiles.unet()), await portable('t.bin', sampleFiles.text())],
      'model-unavailable',
      '"unet.safetensors" comes with no VAE: add',
    ],
    [
      {},
      [whole, await portable('control.safetensors', control?.blob ?? new Blob())],
      'model-unsupported',
      'The ControlNet in "control.safetensors" is for another model (64 text features)',
    ],
    [{ prompt: 'cup '.repeat(760) }, [whole], 'prompt-too-long', 'Shorten it'],
    [{ prompt: 'a cup AND a spoon' }, [whole], 'prompt-unsupported', 'Join them with a comma or BREAK'],
    [{ strength: 2 }, [whole], 'recipe-invalid', 'steps[0].strength must be at most 1'],
  ];
  await page.goto(`${onCpu}&manual`);
  await page.waitForFunction(() => window.enlarger !== undefined);
  const answers = await page.evaluate(
    async ([input, orders]) => {
      const bytes = (text: string): Uint8Array<ArrayBuffer> =>
        Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
      const said: (readonly [string, string])[] = [];
      for (const [step, files] of orders) {
        const done = await window.enlarger?.enlarge(new Blob([bytes(input)]), {
          recipe: { version: 1, steps: [step] },
          weights: files.map(([name, content]) => new File([bytes(content)], name)),
          backend: 'wasm',
        });
        said.push(done?.ok === false ? [done.error.code, done.error.message] : ['ok', '']);
      }
      return said;
    },
    [
      pngFile('photo.png', crop(16, 16)).buffer.toString('base64'),
      cases.map(([step, files]) => [{ ...refine, ...step }, files] as const),
    ] as const,
  );
  expect(answers).toEqual(cases.map(([, , code, message]) => [code, expect.stringContaining(message)]));
});
