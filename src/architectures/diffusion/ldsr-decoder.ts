/**
 * The decoder of latent super-resolution (van den Oord et al., "Neural Discrete Representation Learning", NeurIPS 2017; diffusers' VQModel):
 * every pixel of the latent becomes the nearest vector of a codebook before it is decoded.
 */

import type { TensorTable } from '../../formats/tensor-table.ts';
import type { Structure, TensorSpec } from '../architecture.ts';
import { convolutionSpecs, numbers, shapeOf } from '../common.ts';
import type { GraphBuilder, GraphOutput } from '../graph-builder.ts';
import { mapOf, tokensOf } from './layers.ts';
import type { Part, PartForm } from './part.ts';
import { decoded, decoderSpecs, decoderStructure } from './vae-decoder.ts';
import { parseVae, type VaeStructure } from './vae-structure.ts';

// A type and not an interface: only a type is assignable to a record of numbers.
export type CodebookStructure = VaeStructure & {
  /** Vectors of the codebook, and the channels of one. */
  readonly codes: number;
  readonly code: number;
};

const codebook = 'quantize.embedding.weight';

/** How many values a table of distances may have: 128 MiB in fp32, what WebGPU promises of every device for one binding. */
const mostDistances = 2 ** 25;

/** Input `latent` [batch, 3, h, w]; output `sample` [batch, 3, 4h, 4w], in -1..1 but not clamped. */
export const ldsrDecoder: Part<CodebookStructure> = {
  kind: 'ldsr-decoder',

  structure(table: TensorTable): CodebookStructure | null {
    const [codes = 0, code = 0] = shapeOf(table, codebook, 2) ?? [];
    return ldsrDecoder.parse({ ...decoderStructure(table), codes, code });
  },

  parse(given: Structure): CodebookStructure | null {
    const base = parseVae(given);
    const told = numbers(given, ['codes', 'code']);
    return base?.quant && told ? { ...base, ...told } : null;
  },

  tensors: (structure: CodebookStructure): TensorSpec[] => [
    { name: codebook, shape: [structure.codes, structure.code] },
    ...convolutionSpecs('post_quant_conv', structure.latent, structure.code, 1),
    ...decoderSpecs(structure),
  ],

  graph(builder: GraphBuilder, structure: CodebookStructure, form: PartForm): readonly GraphOutput[] {
    const { batch, height, width } = form;
    const given = { batch, channels: structure.code, height, width };
    const latent = builder.input('latent', 'f32', [batch, structure.code, height, width]);
    const vectors = nearestCodes(
      builder,
      tokensOf(builder, latent, given),
      structure,
      batch * height * width,
    );
    const tokens = builder.node('Reshape', [
      vectors,
      builder.integers([batch, height * width, structure.code]),
    ]);
    const map = builder.intoCompute(mapOf(builder, tokens, given));
    const value = builder.convolution(map, 'post_quant_conv');
    return [decoded(builder, structure, { ...given, channels: structure.latent, value })];
  },
};

/**
 * The nearest vector of the codebook to each of so many rows, in fp32: of |z - e|^2 only |e|^2 - 2 z e differs between vectors,
 * so the nearest has the largest z e - |e|^2 / 2. Some rows at a time, as the table has a value for each row and vector.
 */
function nearestCodes(
  builder: GraphBuilder,
  tokens: string,
  { codes, code }: CodebookStructure,
  rows: number,
): string {
  const vectors = builder.exact(codebook);
  const squares = builder.node('Mul', [vectors, vectors]);
  const lengths = builder.node('ReduceSum', [squares, builder.integers([1])], { keepdims: { int: 0 } });
  const half = builder.node('Mul', [lengths, builder.floats([-0.5])]);
  const all = builder.node('Reshape', [tokens, builder.integers([rows, code])]);
  const most = Math.max(1, Math.floor(mostDistances / codes));
  const step = Math.ceil(rows / Math.ceil(rows / most));
  const found: string[] = [];
  for (let start = 0; start < rows; start += step) {
    const ends = [start, Math.min(start + step, rows), 0].map((end) => builder.integers([end]));
    const some = step >= rows ? all : builder.node('Slice', [all, ...ends]);
    const scores = builder.node('Gemm', [some, vectors, half], { transB: { int: 1 } });
    found.push(builder.node('ArgMax', [scores], { axis: { int: 1 }, keepdims: { int: 0 } }));
  }
  const [first = ''] = found;
  const indices = found.length === 1 ? first : builder.node('Concat', found, { axis: { int: 0 } });
  return builder.node('Gather', [vectors, indices]);
}
