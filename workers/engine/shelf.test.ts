import { describe, expect, it } from 'vitest';
import { Shelf } from './shelf.ts';

const size = { width: 4, height: 3 };

function shelfWith(id: string): Shelf {
  const shelf = new Shelf();
  const buffer = Uint8Array.from({ length: 4 * 3 * 4 }, (_, i) => i).buffer;
  shelf.adopt({ id, ...size, depth: 8, buffer });
  return shelf;
}

describe('crop', () => {
  it('is a picture of its own with the pixels of the rectangle', async () => {
    const shelf = shelfWith('picture');
    const rect = { x: 1, y: 1, width: 2, height: 2 };
    expect(await shelf.crop('picture', rect, 'part')).toEqual({ ok: true, value: null });
    shelf.drop('picture');
    const part = shelf.get('part');
    if (!part.ok) throw new Error(part.error.message);
    const { data } = await part.value.read({ x: 0, y: 0, width: 2, height: 2 });
    expect([...data]).toEqual([20, 21, 22, 23, 24, 25, 26, 27, 36, 37, 38, 39, 40, 41, 42, 43]);
  });

  it('fails where the picture is not there', async () => {
    const cropped = await shelfWith('picture').crop('other', { x: 0, y: 0, width: 1, height: 1 }, 'part');
    expect(cropped.ok).toBe(false);
  });
});
