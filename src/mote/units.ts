/** Units of the quantities that sensors of boards have: ECMA-419 clause 16, humidity excepted, which is in percent. */
const UNITS: { readonly [quantity: string]: string } = Object.freeze({
  temperature: "°C",
  humidity: "%",
  pressure: "Pa",
  voltage: "V",
});

/** @param groups names of quantities by their groups, as `board.ts` has them */
export function unitsOf(groups: { readonly [group: string]: readonly string[] | undefined }): {
  [quantity: string]: string;
} {
  const units: { [quantity: string]: string } = {};
  for (const names of Object.values(groups)) for (const name of names ?? []) units[name] = UNITS[name] ?? "";
  return units;
}
