import { describe, expect, it } from 'vitest';
import { parseCommand } from './args.ts';

describe('parseCommand', () => {
  it('reads a full command', () => {
    const words =
      'a.jpg b.png --out large/ --width 3840 --height 2160 --fit pad --model photo --backend wasm --tile 256 --json';
    expect(parseCommand(words.split(' '))).toEqual({
      kind: 'request',
      request: {
        inputs: ['a.jpg', 'b.png'],
        out: 'large/',
        width: 3840,
        height: 2160,
        fit: 'pad',
        model: 'photo',
        backend: 'wasm',
        tile: 256,
        json: true,
      },
    });
  });

  it('reads what goes beyond one model', () => {
    const words = 'a.png --out b.png --second my.pth --visibility 0.3 --extra-quality 8 --alpha #FFffff';
    expect(parseCommand(words.split(' '))).toMatchObject({
      request: { second: 'my.pth', visibility: 0.3, extraQuality: 8, alpha: { onto: '#FFffff' } },
    });
    expect(parseCommand('a.png --out b.png --alpha nearest'.split(' '))).toMatchObject({
      request: { alpha: 'nearest' },
    });
  });

  it('reads where a diffusion model is, as often as it is said', () => {
    const words = 'a.png --out b.png --recipe r.json --weights sd15/ --weights paint.safetensors';
    expect(parseCommand(words.split(' '))).toEqual({
      kind: 'request',
      request: {
        inputs: ['a.png'],
        out: 'b.png',
        recipe: 'r.json',
        weights: ['sd15/', 'paint.safetensors'],
        json: false,
      },
    });
  });

  it('leaves out what is not said', () => {
    expect(parseCommand(['a.jpg', '--out', 'b.png'])).toEqual({
      kind: 'request',
      request: { inputs: ['a.jpg'], out: 'b.png', json: false },
    });
  });

  it('helps', () => {
    expect(parseCommand(['--help'])).toEqual({ kind: 'help' });
  });

  it('reads what to inspect', () => {
    expect(parseCommand(['--inspect', 'a.pth', 'b.pth', '--json'])).toEqual({
      kind: 'inspect',
      files: ['a.pth', 'b.pth'],
      json: true,
    });
  });

  it.each([
    ['--inspect a.pth --scale 2', 'leave out --scale'],
    ['--inspect', '--inspect'],
    ['--out b.png', 'No input'],
    ['a.jpg', '--out'],
    ['a.jpg --out b.png --scale 20', '0.5 to 16'],
    ['a.jpg --out b.png --scale four', '"four"'],
    ['a.jpg --out b.png --width 100', 'both --width and --height'],
    ['a.jpg --out b.png --width 1.5 --height 2', 'whole number'],
    ['a.jpg --out b.png --scale 2 --width 10 --height 10', 'not both'],
    ['a.jpg --out b.png --fit crop', '--fit needs'],
    ['a.jpg --out b.png --width 9 --height 9 --fit squeeze', 'crop, pad, stretch'],
    ['a.jpg --out b.png --backend cuda', 'auto, webgpu, wasm'],
    ['a.jpg --out b.png --recipe r.json --model photo', '--recipe already'],
    ['a.jpg --out b.png --recipe r.json --second photo', '--recipe already'],
    ['a.jpg --out b.png --recipe r.json --alpha nearest', '--recipe already'],
    ['a.jpg --out b.png --weights sd15/', 'give one with --recipe'],
    ['a.jpg --out b.png --recipe r.json --weights', '--weights'],
    ['a.jpg --out b.png --visibility 0.5', '--second'],
    ['a.jpg --out b.png --second photo --visibility 2', '0 to 1'],
    ['a.jpg --out b.png --extra-quality 3', '1, 2, 4, 8'],
    ['a.jpg --out b.png --alpha keep', 'a colour like #ffffff'],
    ['a.jpg --out b.png --colour red', '--colour'],
  ])('refuses "%s"', (command, part) => {
    expect(parseCommand(command.split(' '))).toMatchObject({
      kind: 'wrong',
      message: expect.stringContaining(part) as string,
    });
  });
});
