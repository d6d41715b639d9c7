import { describe, expect, it } from 'vitest';
import { takeTags } from './network-tags.ts';
import { sourced } from './sourced-text.ts';

describe('takeTags', () => {
  it('takes tags out and reads them', () => {
    const { text, loras, ignored } = takeTags(
      sourced('a <lora:more details:0.7>cat<lora:x>, <lora:é_1:1:.5>'),
    );
    expect(text.text).toBe('a cat, ');
    expect(text.origins.slice(2, 5)).toEqual([25, 26, 27]);
    expect(loras).toEqual([
      { name: 'more details', text: 0.7, unet: 0.7 },
      { name: 'x', text: 1, unet: 1 },
      { name: 'é_1', text: 1, unet: 0.5 },
    ]);
    expect(ignored).toEqual([]);
  });

  it('reads named strengths', () => {
    const { loras } = takeTags(sourced('<lora:a:te=0.5:unet=2><lora:b:3:unet=-1><lora:c:dyn=4>'));
    expect(loras).toEqual([
      { name: 'a', text: 0.5, unet: 2 },
      { name: 'b', text: 3, unet: -1 },
      { name: 'c', text: 1, unet: 1 },
    ]);
  });

  it('tells which tags do nothing', () => {
    const { text, loras, ignored } = takeTags(
      sourced('<hypernet:a:1> <lora:b:much> <lora::1> <lora:c:> <lora:d'),
    );
    expect(text.text).toBe('    <lora:d');
    expect(loras).toEqual([]);
    expect(ignored).toEqual(['<hypernet:a:1>', '<lora:b:much>', '<lora::1>', '<lora:c:>']);
  });
});
