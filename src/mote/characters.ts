/**
 * Texts that hold certain characters only. In the place of regular expressions, which no code for a device may use: in a
 * preloaded module each use of one takes memory that never comes back (SDK 8.2.3, docs/upstream.md).
 */
export const DIGITS = "0123456789";

/** Whether `text` has 1 to `most` characters, each of them one of `characters`, which are ASCII. */
export function isMadeOf(text: string, characters: string, most: number): boolean {
  const { length } = text;
  if (length < 1 || length > most) return false;
  for (let index = 0; index < length; index++) {
    if (!characters.includes(text.charAt(index))) return false;
  }
  return true;
}

/** Whether a character of `text` is U+0000 to U+001F or U+007F. */
export function holdsControls(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}
