/** Writes ZIP archives for tests. */

export interface ZipMember {
  readonly name: string;
  readonly data: Uint8Array<ArrayBuffer>;
  readonly packed?: boolean;
  /** Of the extra field that moves the data to an address of its own. */
  readonly padding?: number;
}

/** The archive's bytes; with `wide` all sizes and offsets stand in Zip64 fields. `move` is added to all offsets. */
export async function zipOf(
  members: readonly ZipMember[],
  { wide = false, move = 0 }: { readonly wide?: boolean; readonly move?: number } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = move;
  for (const { name, data, packed = false, padding = 0 } of members) {
    const content = packed ? await deflated(data) : data;
    const title = new TextEncoder().encode(name);
    const method = packed ? 8 : 0;
    const common = [u16(45), u16(0), u16(method), u16(0), u16(0), u32(0)];
    const sizes = wide ? [u32(-1), u32(-1)] : [u32(content.length), u32(data.length)];
    const local = [
      u32(0x04034b50),
      ...common,
      ...sizes,
      u16(title.length),
      u16(padding),
      title,
      new Uint8Array(padding),
    ];
    const extra = wide ? [u16(1), u16(24), u64(data.length), u64(content.length), u64(offset)] : [];
    directory.push(
      ...[u32(0x02014b50), u16(45), ...common, ...sizes, u16(title.length), u16(wide ? 28 : 0), u16(0)],
      ...[u16(0), u16(0), u32(0), u32(wide ? -1 : offset), title, ...extra],
    );
    parts.push(...local, content);
    offset += length(local) + content.length;
  }
  const size = length(directory);
  const end64 = [u32(0x06064b50), u64(44), u16(45), u16(45), u32(0), u32(0)];
  const counts64 = [u64(members.length), u64(members.length), u64(size), u64(offset)];
  const locator = [u32(0x07064b50), u32(0), u64(offset + size), u32(1)];
  const count = wide ? 0xffff : members.length;
  const end = [u32(0x06054b50), u32(0), u16(count), u16(count)];
  const place = wide ? [u32(-1), u32(-1)] : [u32(size), u32(offset)];
  return join([
    ...parts,
    ...directory,
    ...(wide ? [...end64, ...counts64, ...locator] : []),
    ...end,
    ...place,
    u16(0),
  ]);
}

async function deflated(data: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([data]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length(parts));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function length(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value & 255, (value >> 8) & 255);
}

function u32(value: number): Uint8Array {
  return Uint8Array.of(value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255);
}

function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value), true);
  return bytes;
}
