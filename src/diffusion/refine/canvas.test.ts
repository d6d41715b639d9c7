import fc from 'fast-check';
import { expect, it } from 'vitest';
import { at } from '../../base/assert.ts';
import { pictureCanvas, type CanvasSteps } from './canvas.ts';

const steps: CanvasSteps = {
  plan: { sampler: 'euler', sigmas: [1, 0], timesteps: [500], eta: 0, start: { latent: 1, noise: 1 } },
  evaluations: 1,
};
const side = fc.oneof(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 3000 }));

it('covers any picture, with little beyond it, and suits the UNet and the VAE', () => {
  fc.assert(
    fc.property(side, side, fc.constantFrom(44, 64), (width, height, vaeTile) => {
      const options = { tile: 64, overlap: 8, vaeTile, multiple: 8 };
      const { rect, size, grid, vae } = pictureCanvas({ width, height }, 0, steps, options);
      for (const [pixels, own, places, tile] of [
        [width, rect.width, size.width, grid.tile.width],
        [height, rect.height, size.height, grid.tile.height],
      ] as const) {
        expect(own).toBe(8 * places);
        expect(own).toBeGreaterThanOrEqual(pixels);
        expect(own - pixels).toBeLessThan(places > 64 ? 8 : 64);
        // A tile is halved three times.
        expect(tile % 8).toBe(0);
      }
      expect(grid.size).toEqual(size);
      expect(vae.size).toEqual(size);
      expect(Math.max(vae.tile.width, vae.tile.height)).toBeLessThanOrEqual(vaeTile);
      expect(at(vae.tiles, 0).overlap.right).toBe(size.width > vaeTile ? 8 : 0);
    }),
  );
});

it('has by default tiles of 512 pixels, 64 of them shared', () => {
  const options = { tile: 64, overlap: 8, vaeTile: 64, multiple: 8 };
  const { grid, rect } = pictureCanvas({ width: 2048, height: 500 }, 0, steps, options);
  expect([rect.width, rect.height]).toEqual([2048, 512]);
  expect(grid.columns).toEqual([0, 48, 96, 144, 192]);
});
