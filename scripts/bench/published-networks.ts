/** The shapes of published networks, by the names that their authors gave them; which weights they hold does not matter here. */

import type { Structure } from '../../src/architectures/architecture.ts';
import type { Family } from '../../src/architectures/family.ts';

export interface PublishedNetwork {
  readonly family: Family;
  readonly structure: Structure;
}

const groups = (count: number, blocks = 6): number[] => Array.from({ length: count }, () => blocks);
const swin = { features: 180, depths: groups(6), heads: 6, window: 8, hidden: 360, channels: 3, qkvBias: 1 };
const shuffle = { ending: 2, grow: 4, end: 64 };
const hat = {
  ...{ features: 180, depths: groups(6), heads: 6, window: 16, outer: 24, hidden: 360 },
  ...{ narrowed: 60, squeezed: 6, scale: 4, end: 64, narrow: 0, qkvBias: 1 },
};
const dat = {
  ...{ features: 180, depths: groups(6), heads: 6, hidden: 720, split: [8, 32] },
  ...{ scale: 4, end: 64, narrow: 0, qkvBias: 1 },
};
const atd = {
  ...{ features: 210, depths: groups(6), heads: 6, window: 16, category: 256, tokens: 128, reduced: 20 },
  ...{ hidden: 420, kernel: 5, scale: 4, narrow: 0, qkvBias: 1, meanless: 0, end: 64 },
};
const plksr = {
  ...{ features: 64, blocks: 28, scale: 4, kernel: 17, part: 16, real: 1, gate: 1, layerNorm: 0 },
  ...{ dysample: 0, crossed: 0, mixer: [3, 3] },
};

export const publishedNetworks = {
  'ESRGAN 4x': { family: 'esrgan', structure: { features: 64, growth: 32, blocks: 23 } },
  'SPAN 4x': { family: 'span', structure: { features: 48, scale: 4, channels: 3, plain: 0, folded: 0 } },
  'SRVGG 32 convolutions': { family: 'srvgg', structure: { features: 64, convs: 32, scale: 4 } },
  'Real-CUGAN 4x': { family: 'cunet', structure: { width: 32, scale: 4, fast: 0, pro: 0, turned: 0 } },
  'RealPLKSR 4x': { family: 'plksr', structure: plksr },
  'RealPLKSR 4x with DySample': { family: 'plksr', structure: { ...plksr, dysample: 1 } },
  'OmniSR 4x': {
    family: 'omnisr',
    structure: { features: 64, groups: 5, blocks: 1, window: 8, scale: 4, positions: 1 },
  },
  'SwinIR-S 4x': {
    family: 'swinir',
    structure: {
      ...{ ...swin, features: 60, depths: groups(4), hidden: 120 },
      ...{ ending: 3, grow: 4, end: 0, narrow: 0, unshuffle: 1 },
    },
  },
  'SwinIR-M 4x': { family: 'swinir', structure: { ...swin, ...shuffle, narrow: 0, unshuffle: 1 } },
  'SwinIR-L 4x': {
    family: 'swinir',
    structure: {
      ...{ ...swin, features: 240, depths: groups(9), heads: 8, hidden: 480 },
      ...{ ending: 4, grow: 4, end: 64, narrow: 1, unshuffle: 1 },
    },
  },
  'Swin2SR 4x': { family: 'swin2sr', structure: { ...swin, ...shuffle, narrow: 0 } },
  'HAT-S 4x': { family: 'hat', structure: { ...hat, features: 144, hidden: 288, narrowed: 6 } },
  'HAT 4x': { family: 'hat', structure: hat },
  'HAT-L 4x': { family: 'hat', structure: { ...hat, depths: groups(12) } },
  'DAT-light 4x': {
    family: 'dat',
    structure: { ...dat, features: 60, depths: [18], hidden: 120, end: 0, narrow: 1 },
  },
  'DAT-S 4x': { family: 'dat', structure: { ...dat, hidden: 360, split: [8, 16] } },
  'DAT 4x': { family: 'dat', structure: dat },
  'RGT 4x': {
    family: 'rgt',
    structure: { ...dat, depths: groups(8), hidden: 360, reduced: 90 },
  },
  'ATD-light 4x': {
    family: 'atd',
    structure: {
      ...{ ...atd, features: 48, depths: groups(4), heads: 4, category: 128, tokens: 64, reduced: 8 },
      ...{ hidden: 48, kernel: 7, end: 0 },
    },
  },
  'ATD 4x': { family: 'atd', structure: atd },
} as const satisfies Readonly<Record<string, PublishedNetwork>>;
