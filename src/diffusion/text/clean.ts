/**
 * What CLIP's tokenizer does to a text before it looks for words: HTML entities, curly quotes, ligatures, full-width
 * forms and control characters become plain, the text becomes NFC, whitespace one space, letters small.
 * These are the steps of ftfy (https://github.com/rspeer/python-ftfy) that the reference tokenizer runs, but for the
 * repair of text in a wrong encoding ("Ã©") and for HTML's named entities beyond the six below.
 */

import type { SourcedText } from './sourced-text.ts';

const entities = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', '\u00a0'],
]);

/** Letters that are two in one; not those of other scripts. */
const ligatures = new Map([
  ['Ĳ', 'IJ'],
  ['ĳ', 'ij'],
  ['ŉ', 'ʼn'],
  ['Ǳ', 'DZ'],
  ['ǲ', 'Dz'],
  ['ǳ', 'dz'],
  ['Ǆ', 'DŽ'],
  ['ǅ', 'Dž'],
  ['ǆ', 'dž'],
  ['Ǉ', 'LJ'],
  ['ǈ', 'Lj'],
  ['ǉ', 'lj'],
  ['Ǌ', 'NJ'],
  ['ǋ', 'Nj'],
  ['ǌ', 'nj'],
  ['ﬀ', 'ff'],
  ['ﬁ', 'fi'],
  ['ﬂ', 'fl'],
  ['ﬃ', 'ffi'],
  ['ﬄ', 'ffl'],
  ['ﬅ', 'ſt'],
  ['ﬆ', 'st'],
]);

/** Windows-1252 from 0x80 to 0x9f. Not by TextDecoder: that of some versions of Node takes it for Latin-1. */
const windows = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/**
 * What is cleaned by itself, so that every unit of the result keeps its origin: an escape of a terminal, an entity,
 * a run of Korean letters' parts, or a character with the marks that belong to it. Only within these does NFC compose.
 */
const clusters =
  // eslint-disable-next-line no-control-regex -- the escape character is what is looked for
  /\u001b\[[\d;]*[A-Za-z]|&#?[0-9A-Za-z]{1,24};|[\u1100-\u11ff\uffa0-\uffdc]+|.[\p{M}\uff9e\uff9f]*/gsu;

const removed =
  // eslint-disable-next-line no-control-regex -- control characters are what is removed
  /\u001b\[[\d;]*[A-Za-z]|[\u0000-\u0008\u000b\u000e-\u001f\u007f\u206a-\u206f\ufeff\ufff9-\ufffc]/g;

/**
 * The text as the tokenizer's pattern reads it: no whitespace at its ends, single spaces, lower case.
 * Takes any text; origins are those of the given text's offsets.
 */
export function clean(given: string): SourcedText {
  const entitiesEnd = endOfEntities(given);
  const origins: number[] = [];
  let text = '';
  let spaceAt: number | null = null;
  for (const { 0: cluster, index } of given.matchAll(clusters)) {
    const plain = cleanCluster(cluster, index < entitiesEnd);
    // One by one: what is cleaned may be one space, and letters around it.
    for (const character of plain) {
      if (/\s/.test(character)) {
        spaceAt ??= index;
        continue;
      }
      if (spaceAt !== null && text !== '') {
        text += ' ';
        origins.push(spaceAt);
      }
      spaceAt = null;
      text += character;
      for (let unit = 0; unit < character.length; unit++) origins.push(index);
    }
  }
  // A sigma's small form depends on its neighbours; both forms are one unit long.
  return { text: text.toLowerCase(), origins };
}

function cleanCluster(cluster: string, entitiesCount: boolean): string {
  // The everyday case.
  if (/^[ -%'-~]$/.test(cluster)) return cluster.toLowerCase();
  const text = entitiesCount && cluster.startsWith('&') ? unescaped(cluster) : cluster;
  const plain = text
    .replace(/[\u0080-\u009f]/g, fromWindows)
    .replace(/./gsu, (character) => ligatures.get(character) ?? character)
    .replace(/\u3000/g, ' ')
    .replace(/[\uff01-\uffef]/g, (character) => character.normalize('NFKC'))
    .replace(/[\u201c-\u201f]/g, '"')
    .replace(/[\u02bc\u2018-\u201b]/g, "'")
    .replace(removed, '')
    .normalize('NFC');
  return plain.includes('Σ') ? plain : plain.toLowerCase();
}

/** Entities are left alone from the first line with a "<" on: that text is HTML, or about it. */
function endOfEntities(text: string): number {
  const bracket = text.indexOf('<');
  return bracket < 0 ? text.length : text.lastIndexOf('\n', bracket) + 1;
}

function unescaped(entity: string): string {
  const name = entity.slice(1, -1);
  const number = /^#(?:(\d+)|[xX]([\da-fA-F]+))$/.exec(name);
  if (number) {
    const code = Number.parseInt(number[1] ?? number[2] ?? '', number[1] === undefined ? 16 : 10);
    const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    return isCharacter ? String.fromCodePoint(code) : '\ufffd';
  }
  if (name !== name.toLowerCase() && name !== name.toUpperCase()) return entity;
  return entities.get(name.toLowerCase()) ?? entity;
}

/** Control characters from 0x80 on are nearly always bytes of Windows-1252; five of these stand for nothing there. */
function fromWindows(control: string): string {
  return windows[control.charCodeAt(0) - 0x80] ?? control;
}
