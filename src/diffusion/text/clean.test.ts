import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clean } from './clean.ts';

describe('clean', () => {
  it.each([
    ['  A  Photo\n\tof\u00a0a\u3000Cat ', 'a photo of a cat'],
    ['“Quoted” ‘text’', `"quoted" 'text'`],
    ['ﬁne ǅ ＦＵＬＬ ｶﾞ', 'fine dž full ガ'],
    ['e\u0301 한', 'é 한'],
    ['ΟΔΟΣ Σ', 'οδος σ'],
    ['İ', 'i\u0307'],
    ['a\u0000b\u200bc\ufeffd', 'ab\u200bcd'],
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u0093quote\u0094 \u0085', '"quote" …'],
    ['R&amp;B &#39;n&#x27; &QUOT; &foo; &Amp; &#12ab;', `r&b 'n' " &foo; &amp; &#12ab;`],
    ['&lt;\n<b> &lt;', '< <b> &lt;'],
    ['&#0;&#55296;&#1114112;', '\ufffd\ufffd\ufffd'],
    [' \n ', ''],
  ])('makes %j plain', (given, expected) => {
    expect(clean(given).text).toBe(expected);
  });

  it('knows where each unit came from', () => {
    expect(clean(' A  ﬁ &amp;e\u0301😀')).toEqual({
      text: 'a fi &é😀',
      origins: [1, 2, 4, 4, 5, 6, 11, 13, 13],
    });
  });

  it('keeps every origin inside the text and in order, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (given) => {
        const { text, origins } = clean(given);
        expect(origins).toHaveLength(text.length);
        expect(text).toBe(text.trim());
        let before = 0;
        for (const origin of origins) {
          expect(origin).toBeGreaterThanOrEqual(before);
          expect(origin).toBeLessThan(given.length);
          before = origin;
        }
      }),
    );
  });
});
