import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sniff } from './sniff.ts';
import { samplePicture } from './testing/sample-pictures.ts';

const latin = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const ftyp = (major: string, ...compatible: string[]): Uint8Array =>
  latin(`\0\0\0${String.fromCharCode(16 + compatible.length * 4)}ftyp${major}\0\0\0\0${compatible.join('')}`);

describe('sniff', () => {
  it.each([
    ['png', 'png'],
    ['jpeg', 'jpeg'],
    ['webpLossless', 'webp'],
    ['avif', 'avif'],
    ['gif', 'gif'],
    ['bmp', 'bmp'],
    ['ico', 'ico'],
  ] as const)('knows %s', (sample, picture) => {
    expect(sniff(samplePicture(sample))).toEqual({ picture });
  });

  it('takes AVIF under a general major brand', () => {
    expect(sniff(ftyp('mif1', 'miaf', 'avif'))).toEqual({ picture: 'avif' });
    expect(sniff(ftyp('avis'))).toEqual({ picture: 'avif' });
  });

  it.each([
    ['HEIC', ftyp('heic', 'mif1')],
    ['HEIC', ftyp('mif1', 'heic')],
    ['video', ftyp('isom', 'mp42')],
    ['video', ftyp('qt  ')],
    ['Canon', ftyp('crx ')],
    ['TIFF', latin('II*\0\x08\0\0\0\0\0\0\0\0\0')],
    ['TIFF', latin('MM\0*\0\0\0\x08')],
    ['Canon', latin('II*\0\x10\0\0\0CR\x02\0')],
    ['Photoshop', latin('8BPS\0\x01')],
    ['JPEG XL', latin('\xff\x0a\xfa')],
    ['JPEG XL', latin('\0\0\0\x0cJXL \x0d\x0a\x87\x0a')],
    ['transfer as text', latin('\x89PNG\n\x1a\n\0\0')],
    ['PDF', latin('%PDF-1.7\n')],
    ['ZIP', latin('PK\x03\x04\x14\0')],
    ['gzip', latin('\x1f\x8b\x08')],
    ['WAVE', latin('RIFF\x24\0\0\0WAVEfmt ')],
    ['AVI', latin('RIFF\x24\0\0\0AVI LIST')],
    ['MPEG video', latin('\0\0\x01\xba\x44\0\0')],
    ['Matroska', latin('\x1aE\xdf\xa3')],
    ['program', latin('MZ\x90\0\x03')],
    ['SVG', utf8('<svg xmlns="http://www.w3.org/2000/svg">')],
    ['SVG', utf8('\ufeff<?xml version="1.0"?>\n<!-- a comment -->\n<!DOCTYPE svg PUBLIC "x">\n<svg>')],
    ['web page', utf8('\n <!DOCTYPE html><html>')],
    ['web page', utf8('<HTML><svg></svg>')],
    ['XML', utf8('<?xml version="1.0"?><rss>')],
    ['Netpbm', utf8('P3\n2 2\n255\n')],
    ['text', utf8('GIF is a format')],
    ['text', utf8('BMW makes cars. They have wheels and they drive.')],
    ['text', utf8('MZ begins this text.')],
    ['text', utf8('Grüße, 图片')],
    ['text', new Uint8Array([0xff, 0xfe, 0x68, 0, 0x69, 0])],
    ['blank', utf8(' \n\t ')],
    ['unknown', new Uint8Array(64)],
    ['unknown', latin('\x89PN')],
    ['unknown', latin('\xff\xd8')],
    ['unknown', latin('RIFF\x24\0\0\0WEBQ')],
    ['unknown', latin('\0\0\x01\0\0\0')],
    ['unknown', latin('\0\0\x02\0\x01\0 (a cursor)')],
  ])('names %s', (name, bytes) => {
    const found = sniff(bytes);
    expect(found.picture).toBeNull();
    expect(found.picture === null && found.name).toContain(name);
    expect(found.picture === null && found.advice).toMatch(/\.$/);
  });

  it('does not mistake a character cut at the end for something else', () => {
    const bytes = utf8('some text ü').slice(0, -1);
    expect(sniff(bytes)).toMatchObject({ name: 'text' });
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => sniff(bytes) !== undefined));
    fc.assert(
      fc.property(
        fc.constantFrom('RIFF', 'BM', '\0\0\x01\0', 'II*\0', '\0\0\0\x20ftyp'),
        fc.uint8Array(),
        (a, b) => sniff(new Uint8Array([...latin(a), ...b])) !== undefined,
      ),
    );
  });
});
