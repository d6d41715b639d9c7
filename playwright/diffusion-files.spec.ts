/** Files of diffusion models on the library screen: dropped, told apart, kept in order; sets offered; other families refused. */

import { createHash } from 'node:crypto';
import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { serveModels } from '../scripts/lib/model-server.ts';
import { sampleFiles } from '../src/architectures/diffusion/sample-files.ts';
import { patience } from './support/app-page.ts';
import type { PictureFile } from './support/pictures.ts';
import { serveStatically } from './support/static-server.ts';
import { expect, test } from './support/story.ts';

async function weights(name: string, blob: Blob): Promise<PictureFile> {
  return { name, mimeType: 'application/octet-stream', buffer: Buffer.from(await blob.arrayBuffer()) };
}

function screen(page: Page): Locator {
  return page.getByRole('dialog', { name: 'Models' });
}

test('a checkpoint and a LoRA are kept with what they are, an SDXL file is refused, and sets are offered', async ({
  app,
  page,
}) => {
  await app.open();
  await app.drop(
    await weights('old.safetensors', sampleFiles.unet()),
    await weights('Lines.safetensors', sampleFiles.lora()),
    await weights('xl.safetensors', sampleFiles.sdxl()),
  );
  await expect(page.getByText(/"xl.safetensors" is a model of the SDXL family/)).toBeVisible({
    timeout: patience,
  });
  await expect(page.getByText(/Choose Stable Diffusion 1\.x or 2\.x/)).toBeVisible();
  await page.keyboard.press('m');
  const files = screen(page).getByRole('region', { name: 'Diffusion files' });
  await expect(files.getByRole('article')).toHaveCount(2);
  const old = files.getByRole('article', { name: 'old' });
  await expect(old).toContainText('Stable Diffusion 1 · UNet');
  await expect(old).toContainText('To redraw it also needs a text encoder and a VAE (or TAESD).');
  await expect(old).toContainText('Licence: see where you got the file');
  const lora = files.getByRole('article', { name: 'Lines' });
  await expect(lora).toContainText('Stable Diffusion 1 · LoRA');

  // All by keyboard: another name, kept over a visit; deleted after a question.
  await lora.getByRole('button', { name: 'Rename' }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.type('Pencil');
  await page.keyboard.press('Enter');
  await expect(files.getByRole('article', { name: 'Pencil' })).toBeVisible();
  await page.reload();
  await app.ready();
  await page.keyboard.press('m');
  const pencil = files.getByRole('article', { name: 'Pencil' });
  await expect(pencil).toBeVisible();
  const copy = await app.saved(() => pencil.getByRole('button', { name: 'Save a copy' }).click());
  expect(copy.name).toBe('Pencil.safetensors');
  await pencil.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog', { name: 'Delete Pencil?' }).getByRole('button', { name: 'Delete' }).click();
  await expect(files.getByRole('article')).toHaveCount(1);

  const sets = screen(page).getByRole('region', { name: 'Get Stable Diffusion' });
  await expect(sets.getByRole('article')).toHaveCount(4);
  const first = sets.getByRole('article').first();
  await expect(first).toContainText('Start here');
  await expect(first).toContainText('3 GB to download · About');
  // This browser has no GPU.
  await expect(first).toContainText('Runs on the CPU here, without a GPU, very slowly');
  await first.getByText('What it is made of (3 files)').click();
  await expect(first).toContainText('Licence: CreativeML OpenRAIL-M');
  await expect(first.getByRole('button', { name: /^Download / })).toHaveCount(4);
  await expect(sets.getByRole('article', { name: 'TAESD' })).toContainText('Licence: MIT');
  await screen(page).getByRole('searchbox').fill('turbo');
  await expect(sets.getByRole('article')).toHaveCount(1);
  await screen(page).getByRole('searchbox').fill('');

  const { violations } = await new AxeBuilder({ page })
    .include('section[aria-labelledby="diffusion-files"]')
    .include('section[aria-labelledby="diffusion-sets"]')
    .analyze();
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
});

test.describe('a set', () => {
  // As in downloads.spec.ts: the policy lets the library worker reach no server of this machine.
  test.use({ serviceWorkers: 'block' });

  test('is downloaded item by item, and is on this device then', async ({ app, page }) => {
    const files = [
      { id: 'small', name: 'Small', kind: 'unet', blob: sampleFiles.unet() },
      { id: 'lines', name: 'Lines', kind: 'lora', blob: sampleFiles.lora() },
    ];
    const bodies = await Promise.all(files.map(({ blob }) => blob.arrayBuffer()));
    await using host = await serveStatically();
    await using server = await serveModels(
      new Map(
        files.map(({ id }, place) => [
          `/${id}.safetensors`,
          new Uint8Array(bodies[place] ?? new ArrayBuffer()),
        ]),
      ),
    );
    const items = files.map(({ id, name, kind, blob }, place) => ({
      id,
      name,
      author: 'nobody',
      homepage: 'https://example.org/',
      licence: { id: 'MIT', commercialUse: true },
      base: 'sd1',
      prediction: null,
      sampling: null,
      ...(kind === 'lora' && { weight: 0.5 }),
      parts: [{ kind, values: blob.size / 2 }],
      files: [
        {
          url: `${server.address}/${id}.safetensors`,
          bytes: blob.size,
          sha256: createHash('sha256')
            .update(new Uint8Array(bodies[place] ?? new ArrayBuffer()))
            .digest('hex'),
          name: `${id}.safetensors`,
          evidence: { page: 'https://example.org/', says: 'all' },
        },
      ],
    }));
    const set = { id: 'both', name: 'Both', use: 'For stories.', items: items.map(({ id }) => id) };
    await page.route('**/models/diffusion.json', (route) =>
      route.fulfill({ json: { version: 1, items, sets: [set] } }),
    );
    await app.open(`${host.address}?backend=wasm`);
    await page.keyboard.press('m');
    const both = screen(page).getByRole('article', { name: 'Both', exact: true });
    await both.getByRole('button', { name: /^Download .* Both$/ }).click();
    await expect(both).toContainText('all on this device', { timeout: patience });
    await expect(both.getByRole('button', { name: /^Download / })).toHaveCount(0);
    const kept = screen(page).getByRole('region', { name: 'Diffusion files' });
    await expect(kept.getByRole('article')).toHaveCount(2);
    await expect(kept.getByRole('article', { name: 'Small' })).toContainText('Licence: MIT');
    // As a whole, with its LoRA at the weight that it is meant to have.
    await both.getByRole('button', { name: 'Use Both' }).click();
    await expect(screen(page)).toBeHidden();
    const panel = page.getByRole('complementary');
    await expect(panel.getByRole('checkbox', { name: 'Redraw after enlarging' })).toBeChecked();
    await panel.getByText('More about redrawing').click();
    await expect(panel.getByRole('checkbox', { name: 'Lines' })).toBeChecked();
    await expect(panel.getByRole('spinbutton', { name: 'Weight of Lines' })).toHaveValue('0.5');
  });
});
