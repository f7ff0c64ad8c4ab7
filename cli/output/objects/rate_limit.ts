/**
 * Rate limits, as templates see them.
 *
 * @module
 */

import type { RateLimit } from "../../../lib/http/rate_limit.ts";
import { type DefinedStruct, defineStruct } from "../../../lib/template/struct_type.ts";
import { goTypes, listOf } from "../../../lib/template/types.ts";

/** What a registry says of its rate limit. */
export const rateLimitType: DefinedStruct<RateLimit> = defineStruct<RateLimit>({
  name: "types.RateLimit",
  fields: [
    { name: "Remain", type: goTypes.int, get: ({ remain }) => remain },
    { name: "Limit", type: goTypes.int, get: ({ limit }) => limit },
    { name: "Reset", type: goTypes.int, get: ({ reset }) => reset },
    { name: "Set", type: goTypes.bool, get: ({ isSet }) => isSet },
    {
      name: "Policies",
      type: listOf(goTypes.string),
      get: ({ policies = [] }) => policies.length === 0 ? undefined : policies,
    },
  ],
});
