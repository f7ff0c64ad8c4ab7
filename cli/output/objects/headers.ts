/**
 * Response headers, as templates see them.
 *
 * @module
 */

import { goTypes, listOf, type MapType } from "../../../lib/template/types.ts";
import { canonicalName } from "../headers.ts";

/** Headers: lists of values by canonical name. */
export const headersType: MapType = {
  kind: "map",
  name: "http.Header",
  key: goTypes.string,
  element: listOf(goTypes.string),
};

/**
 * Makes the data of headers.
 *
 * @param headers The headers; none for what did not come from a registry.
 * @returns The values by name.
 */
export function headersData(headers: Headers | undefined): ReadonlyMap<string, readonly string[]> | undefined {
  if (headers === undefined) return undefined;
  const values = new Map<string, string[]>();
  for (const [name, value] of headers) {
    const canonical = canonicalName(name);
    values.set(canonical, [...values.get(canonical) ?? [], value]);
  }
  return values;
}
