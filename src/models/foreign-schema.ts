/** Checks the description of a foreign network that a browser's storage gave back. */

import * as v from 'valibot';
import { channelOrders, foreignDtypes, layouts, valueRanges } from '../architectures/foreign.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const positive = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const amount = v.pipe(v.number(), v.finite(), v.minValue(0));

const end = v.object({
  name: v.string(),
  dtype: v.picklist(foreignDtypes),
  layout: v.picklist(layouts),
  channels: v.picklist([1, 3, 4]),
  range: v.picklist(valueRanges),
  order: v.picklist(channelOrders),
});

export const foreignSchema = v.object({
  input: end,
  output: end,
  scale: v.pipe(positive, v.maxValue(16)),
  rules: v.object({
    context: count,
    blend: count,
    multiple: positive,
    least: v.exactOptional(positive),
    fixed: v.exactOptional(v.object({ width: positive, height: positive })),
  }),
  keepsFlat: v.boolean(),
  cost: v.object({ flopsPerPixel: amount, bytesPerPixel: amount, bindingPerPixel: amount }),
  parameters: count,
});
