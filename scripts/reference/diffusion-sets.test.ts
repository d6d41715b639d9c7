/** The sets of diffusion models on offer: their LoRAs fit the networks beside them, tensor by tensor, and have the sizes that are told. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { TensorSpec } from '../../src/architectures/architecture.ts';
import { clip } from '../../src/architectures/diffusion/clip.ts';
import { planLoras } from '../../src/architectures/diffusion/lora.ts';
import { unet } from '../../src/architectures/diffusion/unet.ts';
import type { UnetStructure } from '../../src/architectures/diffusion/unet-structure.ts';
import { invariant } from '../../src/base/assert.ts';
import { dtypeBytes, valueCount } from '../../src/formats/tensor-bytes.ts';
import type { TensorTable } from '../../src/formats/tensor-table.ts';
import { writeSafetensors } from '../../src/formats/safetensors/writer.ts';
import { itemsOf, parseDiffusionOffers } from '../../src/models/diffusion-offers.ts';
import { sd1, text, tiny } from './published-diffusion.ts';

const path = new URL('../../public/models/diffusion.json', import.meta.url);
const parsed = parseDiffusionOffers(JSON.parse(readFileSync(path, 'utf8')));
invariant(parsed.ok, 'The catalogue is damaged');
const offers = parsed.value;

/** What diffusers' script for LCM-LoRAs trains (examples/consistency_distillation). */
const trained =
  /\.(to_q|to_k|to_v|to_out\.0|proj_in|proj_out|ff\.net\.0\.proj|ff\.net\.2|conv1|conv2|conv_shortcut|downsamplers\.0\.conv|upsamplers\.0\.conv|time_emb_proj)\.weight$/;
const rank = 64;

function tableOf(specs: readonly TensorSpec[], dtype: 'f16' | 'f32'): TensorTable {
  let offset = 0;
  const tensors = new Map(
    specs.map(({ name, shape }) => {
      const bytes = dtypeBytes[dtype] * valueCount(shape);
      const entry = { name, dtype, shape, offset, bytes };
      offset += bytes;
      return [name, entry];
    }),
  );
  return { blob: new Blob(), tensors };
}

/** A LoRA of every layer that is trained, named in one of two ways, in the order of files. */
function loraOf(structure: UnetStructure, naming: 'kohya' | 'peft'): TensorSpec[] {
  const specs = unet.tensors(structure).flatMap(({ name, shape }): TensorSpec[] => {
    const [outputs = 1, ...inputs] = shape;
    if (!trained.test(name)) return [];
    const layer = name.replace(/\.weight$/, '');
    const down = [rank, ...inputs];
    const up = [outputs, rank, ...inputs.slice(1).map(() => 1)];
    if (naming === 'kohya') {
      const key = `lora_unet_${layer.replaceAll('.', '_')}`;
      return [
        { name: `${key}.alpha`, shape: [] },
        { name: `${key}.lora_down.weight`, shape: down },
        { name: `${key}.lora_up.weight`, shape: up },
      ];
    }
    const key = `unet.base_model.model.${layer}`;
    return [
      { name: `${key}.lora_A.weight`, shape: down },
      { name: `${key}.lora_B.weight`, shape: up },
    ];
  });
  return specs.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The published files, as far as their sizes tell what is in them. */
const published = new Map([
  ['lcm-lora-sd15', { structure: sd1, naming: 'kohya', dtype: 'f16' }],
  ['lcm-lora-tiny-sd', { structure: tiny, naming: 'peft', dtype: 'f32' }],
] as const);
const networks = new Map([
  ['sd15-fp16', sd1],
  ['bk-sdm-tiny', tiny],
]);

describe('a set with a LoRA', () => {
  const sets = offers.sets.filter((set) =>
    itemsOf(offers, set).some(({ parts }) => parts.some(({ kind }) => kind === 'lora')),
  );

  it.each(sets.map((set) => [set.id, itemsOf(offers, set)] as const))('merges: %s', (_, items) => {
    const structure = items.flatMap(({ id }) => networks.get(id) ?? [])[0];
    invariant(structure, 'no network');
    for (const item of items) {
      const lora = published.get(item.id as 'lcm-lora-sd15');
      if (!lora) continue;
      const { naming, dtype } = lora;
      const specs = loraOf(lora.structure, naming);
      const table = tableOf(specs, dtype);
      const bytes = [...table.tensors.values()].reduce((sum, entry) => sum + entry.bytes, 0);
      const file = bytes + writeSafetensors(table, { format: 'pt' }).size;
      expect(file).toBe(item.files[0]?.bytes);
      expect(specs.reduce((sum, { shape }) => sum + valueCount(shape), 0)).toBe(item.parts[0]?.values);
      const bases = new Map([
        ['unet', tableOf(unet.tensors(structure), 'f16')],
        ['text-encoder', tableOf(clip.tensors(text), 'f16')],
      ] as const);
      const planned = planLoras(bases, [{ name: item.id, table, weight: item.weight ?? 1 }]);
      invariant(planned.ok, planned.ok ? '' : planned.error.message);
      const layers = specs.filter(({ name }) => /(lora_up|lora_B)/.test(name)).length;
      expect(planned.value.changes.get('unet')?.size).toBe(layers);
    }
  });

  it('does not merge the LoRA of Stable Diffusion 1.5 into the small network', () => {
    const bases = new Map([['unet', tableOf(unet.tensors(tiny), 'f16')]] as const);
    const table = tableOf(loraOf(sd1, 'kohya'), 'f16');
    expect(planLoras(bases, [{ name: 'x', table, weight: 1 }])).toMatchObject({ ok: false });
  });
});
