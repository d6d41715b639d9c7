import { describe, expect, it } from 'vitest';
import { sortFolders } from './diffusers-folders.ts';

const files = (...paths: readonly string[]) => paths.map((path) => ({ path }));
const pathsOf = (list: readonly { readonly path: string }[]) => list.map(({ path }) => path);

describe('folders in diffusers’ layout', () => {
  it('are found by their index or by a part’s config, wherever they lie, and what lies beside them is left', () => {
    const { folders, rest } = sortFolders(
      files(
        'mine/photo.png',
        'mine/sd/model_index.json',
        'mine/sd/unet/config.json',
        'mine/sd/unet/diffusion_pytorch_model.safetensors',
        'mine/sd/README.md',
        'other/vae/config.json',
        'other/vae/diffusion_pytorch_model.bin',
        'lora.safetensors',
      ),
    );
    expect(folders.map(pathsOf)).toEqual([
      [
        'sd/model_index.json',
        'sd/unet/config.json',
        'sd/unet/diffusion_pytorch_model.safetensors',
        'sd/README.md',
      ],
      ['other/vae/config.json', 'other/vae/diffusion_pytorch_model.bin'],
    ]);
    expect(pathsOf(rest)).toEqual(['mine/photo.png', 'lora.safetensors']);
  });

  it('are found by the graphs of ready-made ONNX models, whose parts lie in folders or side by side', () => {
    const { folders, rest } = sortFolders(
      files(
        'turbo/unet/model.onnx',
        'turbo/unet/model.onnx_data',
        'turbo/text_encoder/model.onnx',
        'web/sd-unet-float16.onnx',
        'web/text-encoder.onnx',
        'web/vae_decoder.onnx',
        'pictures/a.png',
        'pictures/unet.onnx',
      ),
    );
    expect(folders.map(pathsOf)).toEqual([
      ['turbo/unet/model.onnx', 'turbo/unet/model.onnx_data', 'turbo/text_encoder/model.onnx'],
      ['web/sd-unet-float16.onnx', 'web/text-encoder.onnx', 'web/vae_decoder.onnx'],
    ]);
    expect(pathsOf(rest)).toEqual(['pictures/a.png', 'pictures/unet.onnx']);
  });

  it('are none where files came alone', () => {
    const alone = files('model_index.json', 'a.png', 'models/b.safetensors');
    expect(sortFolders(alone)).toEqual({ folders: [], rest: alone });
  });
});
