/** CRC-16/CCITT by bytes, without a table: finds every error of up to 16 bits in a row, an erased byte among them. */

/** Of no bytes. Not 0, so that neither nothing, nor zeros, nor a value with zeros behind it passes. */
const EMPTY = 0xe2f0;

/** @param before the checksum of the bytes that stand in front of these */
export function checksum(bytes: Uint8Array, start: number, end: number, before = EMPTY): number {
  let crc = before ^ 0xffff;
  for (let index = start; index < end; index++) {
    let high = (crc >> 8) ^ (bytes[index] as number);
    high ^= high >> 4;
    crc = ((crc << 8) ^ (high << 12) ^ (high << 5) ^ high) & 0xffff;
  }
  return crc ^ 0xffff;
}
