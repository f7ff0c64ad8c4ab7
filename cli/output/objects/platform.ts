/**
 * Platforms, as templates see them.
 *
 * @module
 */

import { formatPlatform, type Platform } from "../../../lib/oci/platform.ts";
import { type DefinedStruct, defineStruct } from "../../../lib/template/struct_type.ts";
import { goTypes, listOf } from "../../../lib/template/types.ts";

const strings = listOf(goTypes.string);

/** A platform; prints as `os/arch/variant`. */
export const platformType: DefinedStruct<Platform> = defineStruct<Platform>({
  name: "platform.Platform",
  fields: [
    { name: "Architecture", type: goTypes.string, json: "architecture" },
    { name: "OS", type: goTypes.string, json: "os" },
    { name: "OSVersion", type: goTypes.string, json: "os.version", isOmittedEmpty: true },
    { name: "OSFeatures", type: strings, json: "os.features", isOmittedEmpty: true },
    { name: "Variant", type: goTypes.string, json: "variant", isOmittedEmpty: true },
    { name: "Features", type: strings, json: "features", isOmittedEmpty: true },
  ],
  // An image config can lack what a platform needs.
  text: (platform) => formatPlatform({ ...platform, os: platform.os ?? "", architecture: platform.architecture ?? "" }),
});
