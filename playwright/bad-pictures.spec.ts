/** Files that are no pictures, broken or too large: each is named with its cause and the way out, and nothing is lost. */

import { deflateSync } from 'node:zlib';
import type { AppPage } from './support/app-page.ts';
import { crop, photo, pngFile, type PictureFile } from './support/pictures.ts';
import { expect, test } from './support/story.ts';

const file = (name: string, buffer: Buffer): PictureFile => ({ name, mimeType: 'image/png', buffer });

/** A PNG whose header promises more than any decoder holds. */
function hugePng(): Buffer {
  const png = Buffer.from(pngFile('', crop(8, 8)).buffer);
  png.writeUInt32BE(100_000, 16);
  png.writeUInt32BE(100_000, 20);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}

function crc32(bytes: Buffer): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

async function expectNothingLost(app: AppPage): Promise<void> {
  await app.frame('good.png').click();
  await app.state('good.png', 'done');
  expect((await app.save()).name).toBe('good@4x.png');
}

test.beforeEach(async ({ app }) => {
  await app.open();
  await app.drop(photo('good.png'));
  await app.enlarge();
  await app.state('good.png', 'done');
});

const unopened = [
  {
    what: 'a text',
    bad: file('notes.png', Buffer.from('Dear diary, no picture today.')),
    says: /not a picture/,
  },
  { what: 'a file of 0 bytes', bad: file('empty.png', Buffer.alloc(0)), says: /empty \(0 bytes\)/ },
  {
    what: 'a compressed file',
    bad: file('some.zip', deflateSync(Buffer.alloc(5000, 7))),
    says: /of no model format/,
  },
];

test('what is no picture is not opened', async ({ app }) => {
  for (const { what, bad, says } of unopened) {
    await test.step(what, async () => {
      await app.drop(bad);
      const notice = app.notices.filter({ hasText: bad.name });
      await expect(notice).toContainText('was not opened');
      await expect(notice).toContainText(says);
      await expect(app.frame(bad.name)).toHaveCount(0);
    });
  }
  await expectNothingLost(app);
});

const { buffer } = photo();
const scrambled = Buffer.from(buffer);
scrambled.fill(0x55, 200, 1500);

const broken = [
  {
    what: 'a truncated picture',
    bad: file('cut.png', buffer.subarray(0, 3000)),
    says: /cut short|incomplete|damaged/,
  },
  { what: 'a picture with a broken middle', bad: file('hole.png', scrambled), says: /damaged|corrupt/ },
  { what: 'a picture beyond the decoder', bad: file('huge.png', hugePng()), says: /100000.*100000/ },
];

test('a broken picture is told, with the ways out', async ({ app }) => {
  for (const { what, bad, says } of broken) {
    await test.step(what, async () => {
      await app.drop(bad);
      await app.frame(bad.name).click();
      await app.state(bad.name, 'failed');
      await expect(app.trouble).toContainText(`${bad.name} cannot be opened`);
      await expect(app.trouble).toContainText(says);
      await expect(app.trouble.getByRole('button', { name: 'Open pictures' })).toBeVisible();
      await app.trouble.getByRole('button', { name: 'Remove the picture' }).click();
      await expect(app.frame(bad.name)).toHaveCount(0);
    });
  }
  await expectNothingLost(app);
});

test('a result beyond memory or the file format is refused with numbers before work starts', async ({
  app,
}) => {
  await app.scaleTo(65_535, 65_535);
  await expect(app.trouble).toContainText('65535 × 65535');
  await expect(app.trouble).toContainText(/GB/);
  await expect(app.trouble).toContainText('Choose a smaller size');
  await expect(app.go).toBeDisabled();

  await app.scaleTo(17_000, 100);
  await app.pick('WebP');
  await expect(app.trouble).toContainText('17000');
  await expect(app.trouble).toContainText(/another format|Save it as PNG/);
  await expect(app.go).toBeDisabled();
  await app.pick('PNG');
  await expect(app.go).toBeEnabled();
  await app.pick('4×');
  await expectNothingLost(app);
});
