/**
 * Platforms of images (image-spec "image-index", platform object).
 *
 * @module
 */

/** The platform that an image runs on. */
export interface Platform {
  /** The CPU architecture in Go's words, such as `amd64`. */
  readonly architecture: string;
  /** The operating system in Go's words, such as `linux`. */
  readonly os: string;
  /** The version of the operating system. */
  readonly "os.version"?: string;
  /** Features of the operating system that are needed. */
  readonly "os.features"?: readonly string[];
  /** The variant of the CPU, such as `v7`. */
  readonly variant?: string;
  /** Reserved. */
  readonly features?: readonly string[];
}
