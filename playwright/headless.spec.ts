/** The headless command, as a script calls it, and `window.enlarger`, as an embedding page does. */

import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../scripts/lib/run.mjs';
import { onCpu } from './support/app-page.ts';
import { command } from './support/command.ts';
import { differences, enlargedBy } from './support/expected.ts';
import { crop, photo, pngFile, readPng } from './support/pictures.ts';
import { expect, test } from './support/story.ts';
import { beforeWorker } from './support/workers.ts';

/** The first tile's news ends the worker, as a bug or a broken runtime would. */
const crashAtFirstTile = `{
  const { postMessage } = MessagePort.prototype;
  MessagePort.prototype.postMessage = function (...message) {
    if (JSON.stringify(message[0]).includes('"kind":"tile"')) {
      setTimeout(() => { throw new Error('a crash made by a story'); });
    }
    return postMessage.apply(this, message);
  };
}`;

test.describe('the headless command', () => {
  let folder = '';

  test.beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'enlarger-'));
  });

  test.afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  test('enlarges what it can, says what it could not, and speaks only JSON', async () => {
    const source = crop(40, 24);
    const { buffer } = pngFile('photo.png', source);
    await writeFile(join(folder, 'photo.png'), buffer);
    await writeFile(join(folder, 'short.png'), buffer.subarray(0, 300));
    // Where the result of this one belongs, a folder is in the way.
    await writeFile(join(folder, 'blocked.png'), pngFile('blocked.png', crop(16, 16)).buffer);
    await mkdir(join(folder, 'results', 'blocked@4x.png'), { recursive: true });
    const inputs = ['blocked.png', 'photo.png', 'short.png', 'nowhere.png'];
    const options = ['--out', 'results/', '--backend', 'wasm', '--json'];
    const { code, lines } = await command(folder, ...inputs, ...options);
    expect(code).toBe(1);
    expect(lines).toEqual([
      {
        input: 'blocked.png',
        error: {
          code: 'storage-unavailable',
          message: expect.stringContaining('blocked@4x.png" cannot be written (EISDIR'),
        },
      },
      {
        input: 'photo.png',
        output: join('results', 'photo@4x.png'),
        width: 160,
        height: 96,
        backend: 'wasm',
        model: 'photo-fast',
        tiles: expect.any(Number),
        seconds: {
          load: expect.any(Number),
          run: expect.any(Number),
          encode: expect.any(Number),
          total: expect.any(Number),
        },
      },
      { input: 'short.png', error: { code: 'picture-corrupt', message: expect.any(String) } },
      { input: 'nowhere.png', error: { code: expect.any(String), message: expect.any(String) } },
    ]);
    expect((await readdir(join(folder, 'results'))).sort()).toEqual(['blocked@4x.png', 'photo@4x.png']);
    const result = readPng(await readFile(join(folder, 'results', 'photo@4x.png')));
    const { most, mean } = differences(result, await enlargedBy('photo-fast', source));
    expect(most).toBeLessThanOrEqual(3);
    expect(mean).toBeLessThanOrEqual(0.3);
  });

  test('follows a recipe to an exact size', async () => {
    await writeFile(join(folder, 'photo.png'), photo().buffer);
    const size = { width: 90, height: 70, fit: 'pad' };
    const recipe = { version: 1, steps: [{ kind: 'resize', filter: 'lanczos3', size }] };
    await writeFile(join(folder, 'recipe.json'), JSON.stringify(recipe));
    const options = ['--out', 'small.webp', '--recipe', 'recipe.json', '--json'];
    const { code, lines } = await command(folder, 'photo.png', ...options);
    expect(code).toBe(0);
    expect(lines).toMatchObject([{ output: 'small.webp', width: 90, height: 70, model: 'lanczos3' }]);
    const file = await readFile(join(folder, 'small.webp'));
    expect(file.subarray(8, 12).toString()).toBe('WEBP');
  });

  test('takes a weights file as the model, and says what is wrong with one', async () => {
    await writeFile(join(folder, 'photo.png'), photo().buffer);
    const weights = join(root, 'scripts', 'reference', 'families', 'srvgg-3x.safetensors');
    await copyFile(weights, join(folder, '3x-Mine.pth'));
    await writeFile(join(folder, 'bad.pth'), 'these are only words');
    const options = ['--scale', '3', '--backend', 'wasm', '--json'];
    const good = await command(folder, 'photo.png', '--out', 'a.png', '--model', '3x-Mine.pth', ...options);
    expect(good.lines).toMatchObject([{ output: 'a.png', width: 144, height: 96, model: '3x-mine' }]);
    expect(good.code).toBe(0);
    for (const [model, reason] of [
      ['bad.pth', 'model-unsupported'],
      ['gone.pth', 'model-unavailable'],
    ] as const) {
      const { code, lines } = await command(
        folder,
        'photo.png',
        '--out',
        'b.png',
        '--model',
        model,
        ...options,
      );
      expect(lines).toEqual([{ input: 'photo.png', error: { code: reason, message: expect.any(String) } }]);
      expect(code).toBe(1);
    }
  });

  test('explains wrong usage without starting anything', async () => {
    for (const args of [[], ['a.png'], ['a.png', '--out', 'b.png', '--scale', '99']]) {
      const { code, lines, aside } = await command(folder, ...args, '--json');
      expect(code).toBe(2);
      expect(lines).toEqual([]);
      expect(aside).toContain('Usage:');
    }
  });
});

test('a page that embeds the app enlarges, cancels, and gets failures as values', async ({ page }) => {
  await page.goto(`${onCpu}&manual`);
  await page.waitForFunction(() => window.enlarger !== undefined);
  const files = [crop(48, 32), crop(200, 120)].map((part) =>
    pngFile('photo.png', part).buffer.toString('base64'),
  );
  const answers = await page.evaluate(async (encoded) => {
    const { enlarger } = window;
    if (!enlarger) throw new Error('The API is not there.');
    const [file = new Blob(), larger = new Blob()] = encoded.map(
      (text) => new Blob([Uint8Array.from(atob(text), (character) => character.charCodeAt(0))]),
    );
    const models = await enlarger.models();
    const progress: number[] = [];
    const done = await enlarger.enlarge(file, {
      scale: 2,
      backend: 'wasm',
      tile: 32,
      onProgress: (event) => progress.push(event.progress),
    });
    const stop = new AbortController();
    const cancelled = await enlarger.enlarge(larger, {
      tile: 64,
      signal: stop.signal,
      onProgress: () => {
        stop.abort();
      },
    });
    const empty = await enlarger.enlarge(new Blob([]));
    const unknown = await enlarger.enlarge(file, { model: 'nope' });
    const again = await enlarger.enlarge(file, { model: 'bicubic', format: 'jpeg' });
    return {
      ids: models.ok ? models.value.map(({ id }) => id) : [],
      progress,
      done: done.ok && { width: done.value.width, height: done.value.height, type: done.value.blob.type },
      codes: [cancelled, empty, unknown].map((result) => (result.ok ? 'ok' : result.error.code)),
      again: again.ok && { width: again.value.width, type: again.value.blob.type },
    };
  }, files);
  expect(answers).toEqual({
    ids: ['photo-fast', 'photo', 'anime-fast', 'anime', 'faithful-2x'],
    progress: expect.any(Array),
    done: { width: 96, height: 64, type: 'image/png' },
    codes: ['cancelled', 'picture-empty', 'model-unknown'],
    again: { width: 192, type: 'image/jpeg' },
  });
  expect(answers.progress.length).toBeGreaterThan(1);
  expect(answers.progress.at(-1)).toBe(1);
});

test('the API starts what it needs, and a job whose engine dies is started anew', async ({ page }) => {
  await beforeWorker(page, 'engine', crashAtFirstTile, 1);
  await page.goto('./?manual');
  await page.waitForFunction(() => window.enlarger !== undefined);
  const answer = await page.evaluate(async (encoded) => {
    const file = new Blob([Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0))]);
    const notices: string[] = [];
    const done = await window.enlarger?.enlarge(file, {
      scale: 2,
      onNotice: (message) => notices.push(message),
    });
    return { notices, done: done?.ok ? [done.value.width, done.value.height] : done?.error.message };
  }, photo().buffer.toString('base64'));
  const { width, height } = readPng(photo().buffer);
  expect(answer).toEqual({
    notices: ['A part of Enlarger stopped unexpectedly. The picture is started anew.'],
    done: [2 * width, 2 * height],
  });
});
