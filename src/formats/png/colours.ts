/** Counts a picture's colours while its strips pass by, and gives up counting beyond a palette. */

const LARGEST_PALETTE = 256;
/** A power of two, several times the palette, so that chains of collisions stay short. */
const SLOTS = 2048;

/** Whether a picture is opaque and how many colours it has, up to what a palette holds. */
export class ColourCount {
  readonly #slots = new Uint32Array(SLOTS);
  readonly #used = new Uint8Array(SLOTS);
  #colours = 0;
  #opaque = true;

  /** Takes RGBA pixels of 8 bits. Colours differ when any channel differs, alpha included. */
  add(data: Uint8ClampedArray<ArrayBuffer>): void {
    const pixels = new Uint32Array(data.buffer, data.byteOffset, data.length / 4);
    if (this.#opaque) this.#opaque = allOpaque(data);
    let last = 0;
    for (let i = 0; i < pixels.length && this.#colours <= LARGEST_PALETTE; i++) {
      const colour = pixels[i] as number;
      if (i > 0 && colour === last) continue;
      last = colour;
      this.#insert(colour);
    }
  }

  get opaque(): boolean {
    return this.#opaque;
  }

  /** The number of colours, or null when there are more than 256. */
  get colours(): number | null {
    return this.#colours <= LARGEST_PALETTE ? this.#colours : null;
  }

  /** True when nothing that may follow can change the answers. */
  get settled(): boolean {
    return !this.#opaque && this.#colours > LARGEST_PALETTE;
  }

  #insert(colour: number): void {
    let slot = Math.imul(colour, 0x9e3779b1) >>> 21;
    while (this.#used[slot] === 1) {
      if (this.#slots[slot] === colour) return;
      slot = (slot + 1) & (SLOTS - 1);
    }
    this.#used[slot] = 1;
    this.#slots[slot] = colour;
    this.#colours++;
  }
}

/** Whether every fourth byte is 255. */
export function allOpaque(data: Uint8ClampedArray<ArrayBuffer>): boolean {
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 255) return false;
  return true;
}
