/** The words of the sheet on an ONNX network that nobody here knows. */

import type { ForeignEnd, ForeignModel } from '../../architectures/foreign.ts';
import type { Text } from './en.ts';

const ranges: Readonly<Record<ForeignEnd['range'], string>> = {
  unit: '0 to 1',
  byte: '0 to 255',
  signed: '−1 to 1',
};
const layouts: Readonly<Record<ForeignEnd['layout'], string>> = {
  nchw: 'channels first (NCHW)',
  nhwc: 'channels last (NHWC)',
};
const orders: Readonly<Record<ForeignEnd['order'], string>> = {
  rgb: 'red, green, blue',
  bgr: 'blue, green, red',
};
const dtypes: Readonly<Record<ForeignEnd['dtype'], string>> = {
  f32: 'full precision',
  f16: 'half precision',
  u8: 'whole numbers of 8 bits',
};

/** In the page's language: apart from `en.ts`, as the first paint needs none of them. */
export function foreignText({ size, format }: Pick<Text, 'size' | 'format'>) {
  const colours = ({ channels, order }: ForeignEnd): string =>
    channels === 1 ? 'grey' : channels === 4 ? `${orders[order]} and transparency` : orders[order];
  return {
    title: (name: string) => `An unknown network: ${name}`,
    why: 'This ONNX file is of no family that Enlarger knows. It is tried on small pictures, to find out how it takes and gives them. Look whether the test is right.',
    trying: 'Trying it on small pictures…',
    waiting: 'It is tried as soon as the picture that is being enlarged is done, or cancelled.',
    keeping: 'Keeping it…',
    again: 'Trying it again…',
    failed: (why: string) => `It does not run like that. ${why}`,
    unlike:
      'What it gives does not look like the picture. Try other values or another order below, or leave it.',
    whole: 'It looks at the whole of what it is given, so the parts of a large picture may differ a little.',
    facts: 'What was found',
    enlarges: 'Result',
    times: (scale: number) =>
      scale === 1
        ? 'the same size (it restores, and does not enlarge)'
        : `${format.number(scale)} times larger`,
    takes: 'Takes',
    gives: 'Gives',
    end: (end: ForeignEnd) =>
      `${colours(end)}; values ${ranges[end.range]}; ${layouts[end.layout]}; ${dtypes[end.dtype]}`,
    sizes: 'Sizes',
    sizeRule: ({ rules }: ForeignModel) => {
      const { fixed, multiple, least } = rules;
      if (fixed) return `only ${size(fixed)}; larger pictures are done in parts`;
      const from = least === undefined ? '' : `, from ${least} on`;
      return multiple === 1 ? `any${from}` : `sides in multiples of ${multiple}${from}`;
    },
    reach: 'A pixel reaches',
    pixels: (count: number) => format.plural(count, { one: '# pixel', other: '# pixels' }),
    parameters: 'Parameters',
    count: (count: number) => format.number(count),
    greyNote: 'It sees brightness only. Colours are enlarged beside it by interpolation.',
    test: 'Test',
    before: 'As it is',
    plain: 'Bicubic',
    after: 'This network',
    correct: 'Correct it',
    layout: 'Layout',
    layouts,
    range: 'Values',
    ranges,
    order: 'Order of channels',
    orders,
    accept: 'Use this network',
    cancel: 'Cancel',
  };
}
