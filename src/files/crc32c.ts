/** CRC-32 with Castagnoli's polynomial (RFC 3720, appendix B.4), as TFRecord files use it. */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let word = byte;
  for (let bit = 0; bit < 8; bit++) word = (word >>> 1) ^ (word & 1 ? 0x82f63b78 : 0);
  return word;
});

/** Unsigned 32-bit checksum. */
export function crc32c(bytes: Uint8Array): number {
  let word = 0xffffffff;
  for (const byte of bytes) word = (word >>> 8) ^ table[(word ^ byte) & 255]!;
  return (word ^ 0xffffffff) >>> 0;
}
