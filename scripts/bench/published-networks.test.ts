/** What docs/models.md says of networks of published shapes: how many nodes their graphs have, and that their tiles fit small devices. */

import { describe, expect, it } from 'vitest';
import type { Family } from '../../src/architectures/family.ts';
import {
  composeGraph,
  emptyTable,
  networkCost,
  networkRules,
  networkScale,
} from '../../src/architectures/registry.ts';
import { minimumTile } from '../../src/tiles/fit.ts';
import { publishedNetworks, type PublishedNetwork } from './published-networks.ts';

/** Nodes that run; those that depend on weights alone are folded when a session is created. */
function runningNodes({ family, structure }: PublishedNetwork): number {
  const scale = networkScale(family, structure);
  if (scale === null) throw new Error(`No ${family} network`);
  const graph = composeGraph({ family, structure, scale }, emptyTable(family, structure, 'fp32'), 'fp32');
  if (!graph.ok) throw new Error(graph.error.message);
  const constant = new Set(['', ...graph.value.initializers.map(({ name }) => name)]);
  return graph.value.nodes.filter(({ inputs, outputs }) => {
    const folded = inputs.every((input) => constant.has(input));
    if (folded) for (const output of outputs) constant.add(output);
    return !folded;
  }).length;
}

const most: Readonly<Record<keyof typeof publishedNetworks, number>> = {
  'ESRGAN 4x': 1094,
  'SPAN 4x': 75,
  'SRVGG 32 convolutions': 71,
  'Real-CUGAN 4x': 87,
  'RealPLKSR 4x': 622,
  'RealPLKSR 4x with DySample': 663,
  'OmniSR 4x': 777,
  'SwinIR-S 4x': 764,
  'SwinIR-M 4x': 1131,
  'SwinIR-L 4x': 1718,
  'Swin2SR 4x': 1534,
  'HAT-S 4x': 2356,
  'HAT 4x': 2212,
  'HAT-L 4x': 4378,
  'DAT-light 4x': 1278,
  'DAT-S 4x': 2506,
  'DAT 4x': 2506,
  'RGT 4x': 2790,
  'ATD-light 4x': 2027,
  'ATD 4x': 3616,
};
/** What phones and Mesa's drivers bind at most. */
const bindingLimit = 2 ** 27;
/** RGT's cost counts the keys of a large tile's small map (256); the smallest tile has 100. */
const share = (family: Family): number => (family === 'rgt' ? 100 / 256 : 1);

const networks = Object.entries<PublishedNetwork>(publishedNetworks);

describe.each(networks)('%s', (name, network) => {
  it('has no more nodes than docs/models.md says', () => {
    const nodes = runningNodes(network);
    expect(nodes).toBeLessThanOrEqual(new Map(Object.entries(most)).get(name) ?? 0);
    expect(nodes).toBeGreaterThan(30);
  });

  it('has tiles that can be bound in 128 MiB', () => {
    const { family, structure } = network;
    const { width, height } = minimumTile(networkRules(family, structure));
    const bytes = width * height * networkCost(family, structure).bindingPerPixel;
    expect(bytes * share(family)).toBeLessThanOrEqual(bindingLimit);
  });
});
