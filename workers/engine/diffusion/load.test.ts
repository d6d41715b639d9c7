import { expect, it } from 'vitest';
import { tinyDiffusion } from '../../../scripts/reference/tiny-diffusion.ts';
import { tinyLora } from '../../../scripts/reference/tiny-lora.ts';
import type { Failure } from '../../../src/base/errors.ts';
import { withDefaults } from '../../../src/recipes/refine.ts';
import { loadDiffusion } from './load.ts';

const whole = { name: 'whole.safetensors', blob: tinyLora() };
/** Of a larger network of the same family. */
const larger = {
  name: 'larger.safetensors',
  blob: tinyLora([['lora_unet_mid_block_attentions_1_transformer_blocks_0_attn2_to_k', 96, 64]]),
};

it('tells of each LoRA how many of its layers have no place in the model', async () => {
  const files = [...tinyDiffusion(), whole, larger];
  const step = withDefaults({
    kind: 'refine',
    weights: { loras: [whole, larger].map(({ name }) => ({ file: name, weight: 1 })) },
  });
  const notices: Failure[] = [];
  const loaded = await loadDiffusion(files, step, {
    precision: 'fp32',
    flash: false,
    tags: [],
    notice: (said) => notices.push(said),
  });
  expect(loaded.ok).toBe(true);
  expect(notices).toMatchObject([
    { code: 'model-unsupported', detail: { reason: 'lora-left', file: larger.name, left: 1, layers: 3 } },
  ]);
  expect(notices[0]?.message).toContain('1 of the 3 layers');
});
