/** The app as a person uses it: hands for the stories. */

import { readFile } from 'node:fs/promises';
import { expect, type Locator, type Page } from '@playwright/test';
import type { PictureFile } from './pictures.ts';

export interface Saved {
  readonly name: string;
  readonly bytes: Buffer;
}

/** For what computes: a machine may be busy with other things. */
export const patience = 120_000;

/** The CPU, so that every machine computes the same. */
export const onCpu = './?backend=wasm';

export class AppPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Opens the app and waits until it can compute. */
  async open(address = onCpu): Promise<void> {
    await this.page.goto(address);
    await this.ready();
  }

  async ready(): Promise<void> {
    await expect(this.device).toHaveAccessibleName(/^Device: (?:CPU|WebGPU), measured/, {
      timeout: patience,
    });
  }

  get device(): Locator {
    return this.page.getByRole('button', { name: /^Device:/ });
  }

  /** The one button that begins the work. */
  get go(): Locator {
    return this.page.locator('.go .main');
  }

  get notices(): Locator {
    return this.page.getByRole('region', { name: 'Messages' }).getByRole('listitem');
  }

  /** The line below the picture. */
  get progress(): Locator {
    return this.page.locator('.bar .words');
  }

  /** What stands over a picture that failed. */
  get trouble(): Locator {
    return this.page.getByRole('alert');
  }

  frame(name: string): Locator {
    return this.page.getByRole('navigation', { name: 'Pictures' }).getByRole('button', {
      name: new RegExp(`^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}, `),
    });
  }

  async state(name: string, state: string, timeout = patience): Promise<void> {
    await expect(this.frame(name)).toHaveAccessibleName(`${name}, ${state}`, { timeout });
  }

  /** Files let go over the page. */
  async drop(...files: readonly PictureFile[]): Promise<void> {
    const transfer = await this.page.evaluateHandle(makeTransfer, files.map(portable));
    await this.page.dispatchEvent('main', 'dragenter', { dataTransfer: transfer });
    await this.page.dispatchEvent('main', 'drop', { dataTransfer: transfer });
  }

  /** Files on the clipboard, pasted. */
  async paste(...files: readonly PictureFile[]): Promise<void> {
    const transfer = await this.page.evaluateHandle(makeTransfer, files.map(portable));
    await transfer.evaluate((clipboardData) => {
      const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
      document.body.dispatchEvent(event);
    });
  }

  /** Files chosen in the browser's dialog. */
  async choose(...files: readonly PictureFile[]): Promise<void> {
    await this.page.getByTestId('file-input').setInputFiles([...files]);
  }

  async enlarge(): Promise<void> {
    await this.go.click();
  }

  async save(): Promise<Saved> {
    const button = this.page.getByRole('button', { name: 'Save', exact: true });
    return this.saved(() => button.click());
  }

  /** What a deed downloads. */
  async saved(deed: () => Promise<void>): Promise<Saved> {
    const [download] = await Promise.all([this.page.waitForEvent('download'), deed()]);
    return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
  }

  /** A choice of the panel: a model, a size, a file format. */
  async pick(label: string | RegExp): Promise<void> {
    await this.page.getByRole('complementary').getByRole('radio', { name: label }).check({ force: true });
  }

  /** Scale by any factor. */
  async scaleBy(factor: number): Promise<void> {
    await this.pick('Custom…');
    await this.page.getByLabel('Factor').fill(String(factor));
  }

  /** Scale to a size in pixels. */
  async scaleTo(width: number, height: number): Promise<void> {
    await this.pick('To size…');
    await this.page.getByLabel('Width').fill(String(width));
    await this.page.getByLabel('Height').fill(String(height));
  }

  command(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }
}

interface Portable {
  readonly name: string;
  readonly type: string;
  readonly base64: string;
}

function portable({ name, mimeType, buffer }: PictureFile): Portable {
  return { name, type: mimeType, base64: buffer.toString('base64') };
}

/** Runs in the page. */
function makeTransfer(files: readonly Portable[]): DataTransfer {
  const transfer = new DataTransfer();
  for (const { name, type, base64 } of files) {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type }));
  }
  return transfer;
}
