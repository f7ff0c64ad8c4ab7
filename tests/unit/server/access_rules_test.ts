import assert from "node:assert/strict";
import { accessPolicy, type AccessRules, findPatternFault } from "../../../lib/server/auth/access_rules.ts";
import type { Action } from "../../../lib/server/auth/auth_guard.ts";

const rules: AccessRules = {
  groups: { ops: ["olga"], devs: ["dana"] },
  rules: [
    { repository: "**", users: ["*"], allow: ["pull"] },
    { repository: "public/**", anonymous: true, allow: ["pull"] },
    { repository: "team/**", groups: ["devs"], allow: ["pull", "push"] },
    { repository: "team/**", groups: ["ops"], allow: ["pull", "push", "delete"] },
    { repository: "team/*/secret", users: ["olga"], allow: ["pull"] },
    { repository: "**/cache", users: ["dana"], allow: ["delete"] },
  ],
};

const cases: readonly (readonly [user: string, action: Action, repository: string, want: boolean])[] = [
  ["anna", "pull", "app", true],
  ["anna", "push", "app", false],
  ["", "pull", "app", false],
  ["", "pull", "public/app", true],
  ["anna", "pull", "public/app", true],
  ["", "push", "public/app", false],
  ["", "pull", "public", false],
  ["dana", "push", "team/app", true],
  ["dana", "delete", "team/app", false],
  ["olga", "delete", "team/a/b", true],
  ["anna", "pull", "team/app", false],
  ["olga", "pull", "team/x/secret", true],
  ["olga", "push", "team/x/secret", false],
  ["dana", "pull", "team/x/secret", false],
  ["dana", "push", "team/x/y/secret", true],
  ["dana", "delete", "x/y/cache", true],
  ["dana", "delete", "cache", true],
  ["anna", "catalog", "", true],
  ["", "catalog", "", true],
];
for (const [user, action, repository, want] of cases) {
  const who = user === "" ? "strangers" : user;
  Deno.test(`accessPolicy() ${want ? "lets" : "does not let"} ${who} ${action} ${repository}`, () => {
    assert.equal(accessPolicy(rules).may(user, action, repository), want);
  });
}

Deno.test("accessPolicy() without rules lets users do everything, and strangers pull when told so", () => {
  const closed = accessPolicy();
  assert.deepEqual([closed.may("anna", "delete", "app"), closed.may("", "pull", "app")], [true, false]);
  assert.deepEqual([closed.allowsAnonymous, closed.may("", "catalog", "")], [false, false]);
  const open = accessPolicy({ anonymousPull: true });
  assert.deepEqual([open.allowsAnonymous, open.may("", "pull", "app"), open.may("", "push", "app")], [
    true,
    true,
    false,
  ]);
});

Deno.test("accessPolicy() reads dots and stars in patterns as what they are", () => {
  const policy = accessPolicy({ rules: [{ repository: "a.b/*", users: ["*"], allow: ["pull"] }] });
  assert.deepEqual(["a.b/c", "axb/c", "a.b/c/d", "a.b"].map((name) => policy.may("u", "pull", name)), [
    true,
    false,
    false,
    false,
  ]);
});

Deno.test("findPatternFault() tells what no pattern can be", () => {
  assert.equal(findPatternFault("a/**"), undefined);
  for (const pattern of ["", "A", "a b", "(a)", "a".repeat(256)]) assert.notEqual(findPatternFault(pattern), undefined);
});
