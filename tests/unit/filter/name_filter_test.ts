import { deepEqual, ok, rejects } from "node:assert/strict";
import { createNameFilter, type NameFilterOptions } from "../../../lib/filter/name_filter.ts";

const names = ["v1", "v1.2", "v2", "rc-1", "RC-2", "put", "latest"];

const cases: readonly (readonly [NameFilterOptions, readonly string[]])[] = [
  [{}, names],
  [{ include: ["v.*"] }, ["v1", "v1.2", "v2"]],
  [{ include: ["v1", "put"] }, ["v1", "put"]],
  [{ include: ["v.*"], exclude: ["v2"] }, ["v1", "v1.2"]],
  [{ exclude: ["v.*", "latest"] }, ["rc-1", "RC-2", "put"]],
  [{ include: ["pu|2"] }, []],
  [{ include: ["pu.|v2"] }, ["v2", "put"]],
  [{ include: ["(?i)rc-\\d"] }, ["rc-1", "RC-2"]],
  [{ include: ["v1\\z"] }, ["v1"]],
  [{ include: [""] }, []],
];

for (const [options, wanted] of cases) {
  Deno.test(`createNameFilter() keeps ${wanted.join(" ") || "nothing"} by ${JSON.stringify(options)}`, async () => {
    deepEqual(names.filter(await createNameFilter(options)), wanted);
  });
}

for (const expression of ["(", "[", "a**", "(?<=a)b", "\\q", "a)(b"]) {
  Deno.test(`createNameFilter() refuses ${expression}`, async () => {
    const refusal = { code: "INVALID_ARGUMENT", message: /^failed to parse regexp "/ };
    await rejects(createNameFilter({ include: [expression] }), refusal);
    await rejects(createNameFilter({ exclude: [expression] }), refusal);
  });
}

Deno.test("createNameFilter() takes an expression that others hang on", async () => {
  const filter = await createNameFilter({ include: ["(a+)+"] });
  ok(!filter("a".repeat(5000) + "b"));
  ok(filter("a".repeat(5000)));
});
