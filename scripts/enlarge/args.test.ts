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
    ['a.jpg --out b.png --colour red', '--colour'],
  ])('refuses "%s"', (command, part) => {
    expect(parseCommand(command.split(' '))).toMatchObject({
      kind: 'wrong',
      message: expect.stringContaining(part) as string,
    });
  });
});
