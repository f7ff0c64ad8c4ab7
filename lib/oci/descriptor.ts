/**
 * Content descriptors (image-spec "descriptor").
 *
 * @module
 */

import type { Digest } from "./digest.ts";
import type { Platform } from "./platform.ts";

/** String-to-string annotations. */
export type Annotations = Readonly<Record<string, string>>;

/** Points at content by media type, digest and size. */
export interface Descriptor {
  /** What the content is. */
  readonly mediaType: string;
  /** The digest of its bytes. */
  readonly digest: Digest;
  /** Its length in bytes. */
  readonly size: number;
  /** Where it may also be downloaded from. */
  readonly urls?: readonly string[];
  /** Annotations on the pointer, not on the content. */
  readonly annotations?: Annotations;
  /** The content itself in base64, when it is small and embedded. */
  readonly data?: string;
  /** The platform it is for, in an index. */
  readonly platform?: Platform;
  /** The artifact type of the manifest pointed at. */
  readonly artifactType?: string;
}
