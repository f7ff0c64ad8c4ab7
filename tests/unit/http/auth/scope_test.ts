import { deepEqual, equal } from "node:assert/strict";
import { coversScopes, formatScope, mergeScopes, requestScopes, splitScopes } from "../../../../lib/http/auth/scope.ts";

Deno.test("formatScope() writes repositories and the catalog", () => {
  equal(formatScope({ repository: "a/b", actions: ["pull", "push"] }), "repository:a/b:pull,push");
  equal(formatScope({ repository: undefined, actions: [] }), "registry:catalog:*");
});

Deno.test("splitScopes() splits at blanks", () => {
  deepEqual(splitScopes(undefined), []);
  deepEqual(splitScopes(" a:b:c  d:e:f "), ["a:b:c", "d:e:f"]);
});

Deno.test("requestScopes() joins what a request needs, and nothing for a ping", () => {
  deepEqual(requestScopes({ actions: ["pull"] }), []);
  deepEqual(requestScopes({ repository: "a", actions: [] }), []);
  deepEqual(requestScopes({ actions: [], scopes: [{ repository: undefined, actions: [] }] }), ["registry:catalog:*"]);
  deepEqual(
    requestScopes({
      repository: "b",
      actions: ["push", "pull"],
      scopes: [{ repository: "a", actions: ["pull"] }, { repository: "b", actions: ["delete"] }],
    }),
    ["repository:a:pull", "repository:b:pull,push,delete"],
  );
});

Deno.test("mergeScopes() merges the actions of one repository and keeps what it does not know", () => {
  deepEqual(mergeScopes([]), []);
  deepEqual(
    mergeScopes([
      "repository:x:push",
      "repository:x:pull",
      "repository:host:5000/x:pull",
      "registry:catalog:*",
      "repository:x:*",
      "repository:x:pull,metadata_read",
      "registry:catalog:*",
      "repository:x",
      "*",
    ]),
    [
      "*",
      "registry:catalog:*",
      "repository:host:5000/x:pull",
      "repository:x",
      "repository:x:*",
      "repository:x:pull,metadata_read",
      "repository:x:pull,push",
    ],
  );
});

Deno.test("mergeScopes() gives the same list for the same content in any order", () => {
  const scopes = ["repository:b:pull", "repository:a:push", "x:y:z", "repository:a:pull", "repository:b:delete"];
  const want = mergeScopes(scopes);
  for (let turn = 0; turn < scopes.length; turn++) {
    deepEqual(mergeScopes([...scopes.slice(turn), ...scopes.slice(0, turn)]), want);
    deepEqual(mergeScopes(mergeScopes([...scopes.slice(turn), ...scopes.slice(0, turn)].reverse())), want);
  }
});

const COVERS: readonly (readonly [held: readonly string[], wanted: readonly string[], want: boolean])[] = [
  [[], [], true],
  [["repository:a:pull"], [], true],
  [[], ["repository:a:pull"], false],
  [["repository:a:pull,push"], ["repository:a:pull"], true],
  [["repository:a:pull"], ["repository:a:pull,push"], false],
  [["repository:a:pull"], ["repository:b:pull"], false],
  [["repository:a/b:pull"], ["repository:a:pull"], false],
  [["repository:a:pull", "repository:b:pull,push"], ["repository:b:push", "repository:a:pull"], true],
  [["repository:a:*"], ["repository:a:pull"], false],
  [["repository:a:*"], ["repository:a:*"], true],
  [["registry:catalog:*"], ["registry:catalog:*"], true],
  [["repository:a:pull,x"], ["repository:a:pull"], false],
];

for (const [held, wanted, want] of COVERS) {
  Deno.test(`coversScopes() says ${want} for [${held}] and [${wanted}]`, () => equal(coversScopes(held, wanted), want));
}
