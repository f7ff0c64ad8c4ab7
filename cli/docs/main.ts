/**
 * Writes the generated pages of the documentation.
 *
 * @module
 */

import { formatPages } from "./pages.ts";

if (import.meta.main) {
  for (const [path, text] of formatPages()) await Deno.writeTextFile(new URL(`../../${path}`, import.meta.url), text);
}
