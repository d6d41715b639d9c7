import { describe, expect, it } from 'vitest';
import { chosenFiles } from './chosen-files.ts';
import type { RefineStep } from './refine.ts';

const names = ['sd15/unet/a.bin', 'sd15/unet/config.json', 'other.ckpt', 'vae.pt', 'loras/paint.safetensors'];
const files = names.map((name) => ({ name, blob: new Blob() }));

function chosen(step: Pick<RefineStep, 'weights' | 'control'>, tags: readonly string[] = []) {
  const found = chosenFiles(
    files,
    step,
    tags.map((name) => ({ name, text: 0.5, unet: 0.7 })),
  );
  if (!found.ok) return found.error;
  return { files: found.value.files.map(({ name }) => name), loras: found.value.loras };
}

describe('the files that a step works with', () => {
  it('are all where no checkpoint is named', () => {
    expect(chosen({})).toEqual({ files: names, loras: [] });
    expect(chosen({ weights: { vae: 'vae.pt' } })).toEqual({ files: names, loras: [] });
    expect(chosen({ control: { file: 'other.ckpt' } })).toEqual({ files: names, loras: [] });
  });

  it('are those that are named by folder, path or name, and configs', () => {
    expect(chosen({ weights: { checkpoint: 'sd15', vae: 'vae.pt' } })).toEqual({
      files: ['sd15/unet/a.bin', 'sd15/unet/config.json', 'vae.pt'],
      loras: [],
    });
    const loras = [{ file: 'paint.safetensors', weight: 2 }];
    expect(chosen({ weights: { checkpoint: 'other.ckpt', loras } }, ['paint'])).toEqual({
      files: ['other.ckpt', 'loras/paint.safetensors'],
      loras: [
        { file: 'loras/paint.safetensors', text: 2, unet: 2 },
        { file: 'loras/paint.safetensors', text: 0.5, unet: 0.7 },
      ],
    });
  });

  it('leaves the configs of other folders aside, whichever file of its own folder is named', () => {
    const two = [
      'a/unet/x.safetensors',
      'a/scheduler/scheduler_config.json',
      'b/unet/config.json',
      'c.json',
      'c.ckpt',
    ];
    const of = (checkpoint: string): unknown => {
      const found = chosenFiles(
        two.map((name) => ({ name, blob: new Blob() })),
        { weights: { checkpoint } },
        [],
      );
      return found.ok && found.value.files.map(({ name }) => name);
    };
    expect(of('a')).toEqual(two.slice(0, 2));
    expect(of('a/unet/x.safetensors')).toEqual(two.slice(0, 2));
    expect(of('c.ckpt')).toEqual(['c.json', 'c.ckpt']);
  });

  it('come with the numbers that lie beside an ONNX graph, and with no others', () => {
    const graphs = [
      't/unet/model.onnx',
      't/unet/model.onnx_data',
      't/unet/weights.pb',
      't/vae_encoder/weights.pb',
    ];
    const found = chosenFiles(
      graphs.map((name) => ({ name, blob: new Blob() })),
      { weights: { checkpoint: 't/unet/model.onnx' } },
      [],
    );
    expect(found.ok && found.value.files.map(({ name }) => name)).toEqual(graphs.slice(0, 3));
  });

  it('do without a decoder of previews that is not there', () => {
    const weights = { checkpoint: 'other.ckpt', taesd: 'gone' };
    expect(chosen({ weights })).toMatchObject({ files: ['other.ckpt'] });
  });

  it.each<[Pick<RefineStep, 'weights' | 'control'>, string[]]>([
    [{ weights: { checkpoint: 'gone' } }, []],
    [{ weights: { loras: [{ file: 'gone', weight: 1 }] } }, []],
    [{ control: { file: 'gone' } }, []],
    [{}, ['gone']],
  ])('are missed by name: %j', (step, tags) => {
    const error = chosen(step, tags);
    expect(error).toMatchObject({ code: 'model-unavailable', detail: { file: 'gone' } });
    expect(error).toHaveProperty('message', expect.stringContaining('vae.pt'));
  });
});
