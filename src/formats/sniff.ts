/**
 * What a file is, by its first bytes and never by its name: a picture that we read, or something
 * else that a message can name. Some 32 bytes decide most formats; text needs a few hundred.
 */

import { ByteReader } from './byte-reader.ts';

/** The picture formats that are read. */
export type PictureKind = 'png' | 'jpeg' | 'webp' | 'avif' | 'gif' | 'bmp' | 'ico';

export type Sniffed =
  | { readonly picture: PictureKind }
  /** `name` fits into "this is ..."; `advice` is a sentence on the way out. */
  | { readonly picture: null; readonly name: string; readonly advice: string };

/** How many bytes of a file `sniff` looks at. */
export const SNIFF_BYTES = 1024;

const SAVE_AS = 'Save it as PNG or JPEG with another program and open that.';
const CHOOSE = 'Choose a picture: PNG, JPEG, WebP, AVIF, GIF, BMP or ICO.';
const UNPACK = 'Unpack it first and open the pictures in it.';
const FRAME = 'Save a single frame as PNG and open that.';

type Rule = readonly [at: number, magic: string, name: string, advice: string];

/** Formats with a fixed signature, the longer signature first where two could match. */
const OTHERS: readonly Rule[] = [
  [0, '\x89PNG', 'a PNG file that was damaged in a transfer as text', 'Get the file again, as binary.'],
  [0, 'II*\0\x10\0\0\0CR', 'a Canon raw photo', SAVE_AS],
  [0, 'II*\0', 'a TIFF picture or a camera raw photo', SAVE_AS],
  [0, 'MM\0*', 'a TIFF picture or a camera raw photo', SAVE_AS],
  [0, 'II+\0', 'a BigTIFF picture', SAVE_AS],
  [0, 'MM\0+', 'a BigTIFF picture', SAVE_AS],
  [0, '8BPS', 'a Photoshop document', SAVE_AS],
  [0, '\xff\x0a', 'a JPEG XL picture', SAVE_AS],
  [0, '\0\0\0\x0cJXL ', 'a JPEG XL picture', SAVE_AS],
  [0, '\0\0\0\x0cjP  ', 'a JPEG 2000 picture', SAVE_AS],
  [0, '\xff\x4f\xff\x51', 'a JPEG 2000 picture', SAVE_AS],
  [0, 'II\xbc', 'a JPEG XR picture', SAVE_AS],
  [0, 'FUJIFILMCCD-RAW', 'a Fujifilm raw photo', SAVE_AS],
  [0, 'gimp xcf', 'a GIMP document', SAVE_AS],
  [0, 'qoif', 'a QOI picture', SAVE_AS],
  [0, 'DDS ', 'a DDS texture', SAVE_AS],
  [0, 'v/1\x01', 'an OpenEXR picture', SAVE_AS],
  [0, '#?RADIANCE', 'a Radiance HDR picture', SAVE_AS],
  [0, 'SIMPLE  =', 'a FITS picture', SAVE_AS],
  [0, '%PDF-', 'a PDF document', 'Export its page as PNG and open that.'],
  [0, '%!PS', 'a PostScript document', 'Export its page as PNG and open that.'],
  [0, 'PK\x03\x04', 'a ZIP archive or an office document', UNPACK],
  [0, 'PK\x05\x06', 'an empty ZIP archive', CHOOSE],
  [0, 'Rar!', 'a RAR archive', UNPACK],
  [0, '7z\xbc\xaf\x27\x1c', 'a 7z archive', UNPACK],
  [0, '\x1f\x8b', 'a gzip archive', UNPACK],
  [0, 'BZh', 'a bzip2 archive', UNPACK],
  [0, '\xfd7zXZ', 'an xz archive', UNPACK],
  [257, 'ustar', 'a tar archive', UNPACK],
  [0, '\x1aE\xdf\xa3', 'a Matroska or WebM video', FRAME],
  [0, '\0\0\x01\xba', 'an MPEG video', FRAME],
  [0, 'FLV\x01', 'a Flash video', FRAME],
  [0, 'ID3', 'an MP3 sound', CHOOSE],
  [0, 'OggS', 'an Ogg sound or video', CHOOSE],
  [0, 'fLaC', 'a FLAC sound', CHOOSE],
  [0, '\x7fELF', 'a program', CHOOSE],
  [0, 'MZ', 'a program', CHOOSE],
  [0, '\0asm', 'a WebAssembly module', CHOOSE],
  [0, 'SQLite format 3\0', 'a database', CHOOSE],
  [0, 'wOFF', 'a font', CHOOSE],
  [0, 'wOF2', 'a font', CHOOSE],
  [0, 'OTTO', 'a font', CHOOSE],
];

/** Names a file's format from its first bytes (`SNIFF_BYTES` of them, or all there are). Never throws. */
export function sniff(head: Uint8Array): Sniffed {
  const reader = new ByteReader(head);
  const text = asText(head.subarray(0, SNIFF_BYTES));
  const known = sniffPicture(reader) ?? sniffContainer(reader) ?? sniffSignature(reader, text !== null);
  return known ?? (text === null ? other('of an unknown kind', CHOOSE) : sniffText(text));
}

/** Two or three letters alone also begin many texts. */
function sniffSignature(reader: ByteReader, isText: boolean): Sniffed | null {
  const rule = OTHERS.find(([at, magic]) => reader.is(at, magic) && !(isText && magic.length <= 3));
  return rule ? other(rule[2], rule[3]) : null;
}

function sniffPicture(reader: ByteReader): Sniffed | null {
  if (reader.is(0, '\x89PNG\r\n\x1a\n')) return { picture: 'png' };
  if (reader.is(0, '\xff\xd8\xff')) return { picture: 'jpeg' };
  if (reader.is(0, 'GIF87a') || reader.is(0, 'GIF89a')) return { picture: 'gif' };
  if (reader.is(0, 'RIFF') && reader.is(8, 'WEBP')) return { picture: 'webp' };
  // "BM" alone begins many texts: the size of the second header must be one that exists.
  const bmpHeader = reader.u32(14, true);
  if (reader.is(0, 'BM') && [12, 40, 52, 56, 64, 108, 124].includes(bmpHeader)) return { picture: 'bmp' };
  // An icon's directory: at least one entry, whose reserved byte is zero.
  if (reader.is(0, '\0\0\x01\0') && reader.u16(4, true) > 0 && reader.u8(9) === 0) return { picture: 'ico' };
  return null;
}

/** RIFF and ISO base media files tell their content by a second name. */
function sniffContainer(reader: ByteReader): Sniffed | null {
  if (reader.is(0, 'RIFF')) {
    if (reader.is(8, 'AVI ')) return other('an AVI video', FRAME);
    return reader.is(8, 'WAVE') ? other('a WAVE sound', CHOOSE) : null;
  }
  if (!reader.is(4, 'ftyp')) return null;
  const end = Math.min(reader.u32(0), reader.length, 256);
  const brands = [reader.text(8, 4)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(reader.text(at, 4));
  const major = brands[0] ?? '';
  if (brands.includes('avif') || brands.includes('avis')) return { picture: 'avif' };
  if (['heic', 'heix', 'hevc', 'heim', 'heis'].some((brand) => brands.includes(brand)) || major === 'mif1') {
    return other('a HEIC photo', SAVE_AS);
  }
  if (major === 'crx ') return other('a Canon raw photo', SAVE_AS);
  if (major === 'M4A ') return other('an MPEG-4 sound', CHOOSE);
  return other('an MPEG-4 or QuickTime video', FRAME);
}

function sniffText(text: string): Sniffed {
  const start = text.replace(/^(\s|<\?xml.*?\?>|<!--.*?-->|<!DOCTYPE\s+svg.*?>)*/is, '').toLowerCase();
  if (start.startsWith('<svg')) return other('an SVG drawing', 'Export it as PNG and open that.');
  if (/^<(!doctype\s+html|html|head|body)/.test(start)) {
    return other('a web page', 'Save the picture itself, not the page that shows it.');
  }
  if (/^<\?xml|^</.test(text.trimStart())) return other('an XML document', CHOOSE);
  if (/^p[1-7]\s/.test(start)) return other('a Netpbm picture', SAVE_AS);
  return other(text.trim() === '' ? 'blank' : 'text', CHOOSE);
}

/** The bytes as text, or null when they do not look like text. A character cut at the end is fine. */
function asText(bytes: Uint8Array): string | null {
  const bom = (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0);
  const encoding = bom === 0xfffe ? 'utf-16le' : bom === 0xfeff ? 'utf-16be' : 'utf-8';
  const text = new TextDecoder(encoding).decode(bytes, { stream: true });
  let strange = 0;
  for (const character of text) {
    const code = character.charCodeAt(0);
    if (character === '\ufffd' || (code < 32 && !'\t\n\f\r\x1b'.includes(character))) strange++;
  }
  return bytes.length > 0 && strange === 0 ? text : null;
}

function other(name: string, advice: string): Sniffed {
  return { picture: null, name, advice };
}
