/** CRC-32 as PNG uses it (polynomial 0xEDB88320, reflected), eight bytes a turn. */

const TABLES = makeTables();

/**
 * The checksum of `bytes`; `before` is the checksum of what came before them, so that a chunk can be
 * summed piece by piece.
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  const table = TABLES;
  let crc = ~before;
  let i = 0;
  const blocks = bytes.length - (bytes.length % 8);
  for (; i < blocks; i += 8) {
    const low =
      crc ^
      ((bytes[i] as number) |
        ((bytes[i + 1] as number) << 8) |
        ((bytes[i + 2] as number) << 16) |
        ((bytes[i + 3] as number) << 24));
    crc =
      (table[1792 + (low & 255)] as number) ^
      (table[1536 + ((low >>> 8) & 255)] as number) ^
      (table[1280 + ((low >>> 16) & 255)] as number) ^
      (table[1024 + (low >>> 24)] as number) ^
      (table[768 + (bytes[i + 4] as number)] as number) ^
      (table[512 + (bytes[i + 5] as number)] as number) ^
      (table[256 + (bytes[i + 6] as number)] as number) ^
      (table[bytes[i + 7] as number] as number);
  }
  for (; i < bytes.length; i++) {
    crc = (table[(crc ^ (bytes[i] as number)) & 255] as number) ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

/** Table k holds the checksums of one byte followed by k zero bytes. */
function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    tables[byte] = crc;
  }
  for (let i = 256; i < tables.length; i++) {
    const before = tables[i - 256] as number;
    tables[i] = (before >>> 8) ^ (tables[before & 255] as number);
  }
  return tables;
}
