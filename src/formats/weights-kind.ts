/** What a file that should hold weights is, by its first bytes and never by its name. */

import { ByteReader } from './byte-reader.ts';
import { looksLikePickle } from './pth/reader.ts';
import { looksLikeSafetensors } from './safetensors/reader.ts';
import { sniff } from './sniff.ts';

export type WeightsKind =
  | { readonly kind: 'safetensors' | 'zip' | 'pickle' | 'ncnn' | 'onnx' }
  /** Bytes that may be anything: also the `.bin` of an ncnn network. */
  | { readonly kind: 'unknown'; readonly half: boolean }
  /** `sentence` says what it is, `wayOut` what to do. */
  | { readonly kind: 'other'; readonly reason: string; readonly sentence: string; readonly wayOut: string };

const choose = 'Choose a model: .safetensors, .pth, .pt, .ckpt, .onnx, or the .param and .bin of ncnn.';
const asOnnx = 'Convert the model to ONNX or .safetensors and open that.';
const again = 'Download the file itself: on the page, the link that says "download" or "raw".';

/** Formats of models that are not read, by where their signature stands. */
const others: readonly (readonly [at: number, magic: string, name: string])[] = [
  [0, 'GGUF', 'a GGUF model'],
  [4, 'TFL3', 'a TensorFlow Lite model'],
  [0, '\x89HDF', 'a Keras (HDF5) model'],
  [0, '\x93NUMPY', 'a NumPy array'],
  [0, '\xdd\x85\x76\0', 'the binary form of an ncnn .param'],
  [257, 'ustar', 'a tar archive, perhaps a PyTorch file from before 2017'],
  [0, '\x1f\x8b', 'a gzip archive'],
  [0, 'Rar!', 'a RAR archive'],
  [0, '7z\xbc\xaf', 'a 7z archive'],
];

/** `head`: the first `SNIFF_BYTES` bytes of a file of `size` bytes, or all there are. */
export function weightsKind(head: Uint8Array<ArrayBuffer>, size: number): WeightsKind {
  const reader = new ByteReader(head);
  if (size === 0) return other('empty', 'The file is empty', 'Download it again.');
  if (reader.is(0, 'version https://git-lfs')) {
    const sentence = 'This is not the model but a git-lfs pointer to it';
    return other('lfs-pointer', sentence, `${again} With git: "git lfs pull".`);
  }
  if (looksLikeSafetensors(head, size)) return { kind: 'safetensors' };
  if (reader.is(0, 'PK\x03\x04') || reader.is(0, 'PK\x05\x06')) return { kind: 'zip' };
  if (looksLikePickle(head)) return { kind: 'pickle' };
  if (/^\s*7767517\s*\n/.test(reader.text(0, 32))) return { kind: 'ncnn' };
  const model = others.find(([at, magic]) => reader.is(at, magic));
  if (model) return other('other-format', `This is ${model[2]}, which Enlarger does not read`, asOnnx);
  // Every exporter writes the version of the format first.
  if (reader.u8(0) === 8 && reader.u8(1) > 0 && reader.u8(1) < 32 && reader.u8(2) > 8)
    return { kind: 'onnx' };
  if (reader.u8(0) === 0x47 && reader.u32(0, true) === 0x01306b47) return { kind: 'unknown', half: true };
  return sniffed(head);
}

function sniffed(head: Uint8Array): WeightsKind {
  const known = sniff(head);
  if (known.picture !== null) {
    const sentence = `This is a picture (${known.picture.toUpperCase()}), not a model`;
    return other('picture', sentence, 'Drop it on the picture view, or choose a model file.');
  }
  if (known.name === 'of an unknown kind') return { kind: 'unknown', half: false };
  if (known.name === 'a web page') {
    return other('web-page', 'This is a web page that was saved under the name of a model', again);
  }
  return other('other-format', `This is ${known.name}, not a model`, choose);
}

function other(reason: string, sentence: string, wayOut: string): WeightsKind {
  return { kind: 'other', reason, sentence, wayOut };
}
