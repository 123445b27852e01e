/** CRC-16/CCITT by half bytes: finds every error of up to 16 bits in a row, an erased byte among them. */

const CRC: readonly number[] = Object.freeze([
  0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5, 0x60c6, 0x70e7, 0x8108, 0x9129, 0xa14a, 0xb16b, 0xc18c, 0xd1ad,
  0xe1ce, 0xf1ef,
]);

export function checksum(bytes: Uint8Array, start: number, end: number): number {
  // A start and an end of their own, so that neither nothing, nor zeros, nor a value with zeros behind it passes.
  let crc = 0x1d0f;
  for (let index = start; index < end; index++) {
    const byte = bytes[index] as number;
    crc = ((crc << 4) & 0xffff) ^ (CRC[(crc >> 12) ^ (byte >> 4)] as number);
    crc = ((crc << 4) & 0xffff) ^ (CRC[(crc >> 12) ^ (byte & 0x0f)] as number);
  }
  return crc ^ 0xffff;
}
