/** From a kept model to a variant of it in less room, which nobody keeps yet. */

import { findWeights, openWeights } from '../../src/architectures/open-weights.ts';
import { storeSmaller, type Continue, type SmallerStorage } from '../../src/architectures/smaller.ts';
import { fail, ok, type Result } from '../../src/base/result.ts';
import { whileReadable } from '../../src/formats/readable.ts';
import { writeSafetensors } from '../../src/formats/safetensors/writer.ts';
import type { ModelCard } from '../../src/models/card.ts';
import { storageOf, type ImportedModel } from '../../src/models/imported.ts';
import { variantName, variantsOf } from '../../src/models/variant.ts';
import { checksumOf, type ReadImport } from './read-import.ts';

/** Failures: `model-unsupported` where this model cannot be made smaller so, `cancelled` once `go` says no, `model-damaged`. */
export async function quantise(
  card: ModelCard,
  bytes: Blob,
  storage: SmallerStorage,
  go: Continue,
): Promise<Result<ReadImport>> {
  if (!variantsOf(card).includes(storage)) return notSmaller(card);
  const found = await findWeights([{ name: card.file.path, blob: bytes }]);
  if (!found.ok) return found;
  const opened = await openWeights(found.value);
  if (!opened.ok) return opened;
  const { network } = found.value;
  return whileReadable(async () => {
    const table = await storeSmaller(opened.value, network, storage, go);
    if (!table) return stopped();
    if (storageOf(table, network) !== storage) return notSmaller(card);
    const smaller = writeSafetensors(table, { format: 'pt' });
    const sha256 = await checksumOf(smaller, () => undefined);
    if (!go(smaller.size, smaller.size)) return stopped();
    const model: ImportedModel = {
      name: variantName(card.name, storage),
      weights: card.weights,
      family: network.family,
      structure: network.structure,
      stored: storage,
      ...(card.from && { from: card.from }),
    };
    return smaller.size < bytes.size ? ok({ model, bytes: smaller, sha256 }) : notSmaller(card);
  });
}

function stopped(): Result<never> {
  return fail('cancelled', 'Making the model smaller was stopped. Nothing was changed.');
}

function notSmaller({ id, name, origin, foreign, stored }: ModelCard): Result<never> {
  const why =
    origin === 'shipped'
      ? 'it is shipped with Enlarger in the size that was measured to be good'
      : foreign
        ? 'its ONNX graph runs as it is, and its weights are part of that'
        : stored === 'q8'
          ? 'its weights have 8 bits already'
          : 'hardly any of its weights can be stored in less room';
  return fail('model-unsupported', `"${name}" cannot be made smaller: ${why}. Use it as it is.`, {
    model: id,
    reason: 'not-smaller',
  });
}
