/** An engine on a test's desk: the real worker behind the real client, with the test in the codec's place. */

import { transfer, wrap, type Remote } from 'comlink';
import { EngineClient } from '../../../src/clients/engine.ts';
import type { Size } from '../../../src/picture/geometry.ts';
import type { PixelBlock } from '../../../src/picture/pixel-store.ts';
import type { JobDone, JobEvent, JobRequest, PixelPortApi } from '../../../src/protocol/engine.ts';

export class Desk {
  readonly engine: EngineClient;
  #pixels: Remote<PixelPortApi> | null = null;

  constructor() {
    this.engine = new EngineClient({
      codec: {
        connect: (port) => {
          this.#pixels = wrap<PixelPortApi>(port);
          return Promise.resolve();
        },
      },
    });
  }

  async put(id: string, block: PixelBlock): Promise<void> {
    const copy = { ...block, data: block.data.slice() };
    await this.#port.put(id, transfer(copy, [copy.data.buffer]));
  }

  async take(id: string): Promise<PixelBlock> {
    const size = await this.#port.size(id);
    if (!size.ok) throw new Error(size.error.message);
    const block = await this.#port.read(id, { x: 0, y: 0, ...size.value });
    if (!block.ok) throw new Error(block.error.message);
    return block.value;
  }

  has(id: string): Promise<boolean> {
    return this.#port.size(id).then(({ ok }) => ok);
  }

  /** Runs a job that must succeed, and takes its result. */
  async enlarge(
    job: Omit<JobRequest, 'jobId' | 'resultId' | 'previewPixels'> & Partial<JobRequest>,
    onEvent: (event: JobEvent) => void = () => undefined,
  ): Promise<{ done: JobDone; picture: PixelBlock }> {
    const resultId = `result-${Math.random()}`;
    const outcome = await this.engine.run({ jobId: resultId, resultId, previewPixels: 0, ...job }, onEvent);
    if (outcome.kind !== 'done') throw new Error(`${outcome.error.code}: ${outcome.error.message}`);
    const picture = await this.take(outcome.resultId);
    await this.engine.drop(outcome.resultId);
    return { done: outcome, picture };
  }

  end(): void {
    this.engine.end();
  }

  get #port(): Remote<PixelPortApi> {
    if (!this.#pixels) throw new Error('The engine has not connected yet.');
    return this.#pixels;
  }
}

/** A picture with edges, slopes and noise; `alpha` gives its opacity. */
export function testPicture(
  { width, height }: Size,
  alpha: (x: number, y: number) => number = () => 255,
): PixelBlock {
  const data = new Uint8ClampedArray(width * height * 4);
  let state = 7;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const noise = (state >>> 24) / 8;
      const edge = (x >> 3) % 2 === (y >> 3) % 2 ? 60 : 0;
      data.set([40 + x + noise, 30 + y + edge, 200 - x + noise, alpha(x, y)], (y * width + x) * 4);
    }
  }
  return { width, height, data };
}

export function maxDifference(a: PixelBlock, b: PixelBlock): number {
  if (a.width !== b.width || a.height !== b.height) return Infinity;
  let most = 0;
  for (const [i, value] of a.data.entries()) most = Math.max(most, Math.abs(value - (b.data[i] ?? 0)));
  return most;
}
