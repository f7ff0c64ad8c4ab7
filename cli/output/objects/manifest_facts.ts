/**
 * What templates can learn of a manifest.
 *
 * @module
 */

import type { Descriptor } from "../../../lib/oci/descriptor.ts";
import type { Manifest } from "../../../lib/oci/manifest.ts";
import type { Reference } from "../../../lib/reference/reference.ts";

/** What is known of a manifest. */
export interface ManifestFacts {
  /** What it was asked for by. */
  readonly ref: Reference;
  /** What points to it. */
  readonly descriptor: Descriptor;
  /** The registry's response headers. */
  readonly headers?: Headers | undefined;
  /** The manifest itself; absent when only its headers were asked for. */
  readonly manifest?: Manifest | undefined;
}
