/** What a .safetensors file says of itself beside its tensors: `__metadata__`, texts by name. */

const lengthBytes = 8;
/** As in the format's own library. */
const mostHeaderBytes = 100_000_000;

/** Nothing where there is none; whether the file is whole is the reader's to say. */
export async function readNotes(blob: Blob): Promise<Readonly<Record<string, string>>> {
  const head = new DataView(await blob.slice(0, lengthBytes).arrayBuffer());
  if (head.byteLength < lengthBytes) return {};
  const length = Number(head.getBigUint64(0, true));
  if (length > Math.min(mostHeaderBytes, blob.size)) return {};
  const text = await blob.slice(lengthBytes, lengthBytes + length).text();
  return text.includes('__metadata__') ? textsOf(text) : {};
}

function textsOf(header: string): Readonly<Record<string, string>> {
  try {
    const { __metadata__: notes } = JSON.parse(header) as Readonly<Record<string, unknown>>;
    if (typeof notes !== 'object' || notes === null) return {};
    return Object.fromEntries(
      Object.entries(notes).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  } catch {
    return {};
  }
}
