/** CRC-16/CCITT by bytes, without a table: finds every error of up to 16 bits in a row, an erased byte among them. */

export function checksum(bytes: Uint8Array, start: number, end: number): number {
  // A start and an end of their own, so that neither nothing, nor zeros, nor a value with zeros behind it passes.
  let crc = 0x1d0f;
  for (let index = start; index < end; index++) {
    let high = (crc >> 8) ^ (bytes[index] as number);
    high ^= high >> 4;
    crc = ((crc << 8) ^ (high << 12) ^ (high << 5) ^ high) & 0xffff;
  }
  return crc ^ 0xffff;
}
