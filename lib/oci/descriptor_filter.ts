/**
 * Picks descriptors out of lists: of referrers, of index entries.
 *
 * @module
 */

import type { Annotations, Descriptor } from "./descriptor.ts";
import { isCompatiblePlatform, type Platform } from "./platform.ts";

/** What a descriptor must be; all that is given must hold. */
export interface DescriptorFilter {
  /** The artifact type. */
  readonly artifactType?: string | undefined;
  /** Annotations; an empty value asks only that the key is there. */
  readonly annotations?: Annotations | undefined;
  /** A platform that the content must be able to run on; a descriptor without a platform never fits. */
  readonly platform?: Platform | undefined;
}

/**
 * Tells whether a descriptor fits a filter.
 *
 * @param descriptor The descriptor.
 * @param filter The filter; an empty one fits everything.
 * @returns Whether it fits.
 */
export function matchesFilter(descriptor: Descriptor, filter: DescriptorFilter): boolean {
  const { artifactType, annotations = {}, platform } = filter;
  if (artifactType !== undefined && artifactType !== "" && descriptor.artifactType !== artifactType) return false;
  const found: Annotations = descriptor.annotations ?? {};
  for (const [key, wanted] of Object.entries(annotations)) {
    const value = Object.hasOwn(found, key) ? found[key] : undefined;
    if (value === undefined || (wanted !== "" && value !== wanted)) return false;
  }
  if (platform === undefined) return true;
  return descriptor.platform !== undefined && isCompatiblePlatform(platform, descriptor.platform);
}

/**
 * Sorts descriptors by the value of an annotation, as text. Those without it come last in both directions; equals keep their order.
 *
 * @param descriptors The descriptors.
 * @param annotation The annotation's key.
 * @param isDescending Whether the greatest value comes first.
 * @returns A sorted copy.
 */
export function sortedByAnnotation(
  descriptors: readonly Descriptor[],
  annotation: string,
  isDescending = false,
): Descriptor[] {
  const direction = isDescending ? -1 : 1;
  return descriptors.toSorted((a, b) => {
    const left = a.annotations?.[annotation];
    const right = b.annotations?.[annotation];
    if (left === right) return 0;
    if (left === undefined) return 1;
    if (right === undefined) return -1;
    return left < right ? -direction : direction;
  });
}
