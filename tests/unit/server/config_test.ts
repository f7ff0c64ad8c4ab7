import assert from "node:assert/strict";
import { parseServerConfig } from "../../../lib/server/server_config.ts";
import {
  placeOfRules,
  readAccessRules,
  requireRulesKept,
  ruleSections,
} from "../../../lib/server/server_config_rules.ts";

const schema = {
  keys: { listen: "string", auth: "string", "read-only": "bool", warning: "list", "rate-limit": "float" },
  sections: [...ruleSections, "upstreams"],
} as const;

const read = (text: string) => parseServerConfig(text, "serve.yaml", schema);

Deno.test("parseServerConfig() reads values by their kinds, and leaves sections alone", async () => {
  const config = await read(`
listen: 127.0.0.1:5000 # where
auth: 5
read-only: true
warning: [one, two]
rate-limit: 2.5
upstreams: [{ prefix: hub }]
`);
  const values = Object.fromEntries([...config.values].map(([key, { value }]) => [key, value]));
  assert.deepEqual(values, {
    listen: "127.0.0.1:5000",
    auth: "5",
    "read-only": true,
    warning: ["one", "two"],
    "rate-limit": 2.5,
  });
  assert.deepEqual(config.sections.get("upstreams")?.value, [{ prefix: "hub" }]);
  for (const empty of ["", "# nothing\n", "---\n"]) assert.equal((await read(empty)).values.size, 0);
  assert.deepEqual((await read("warning: one")).values.get("warning")?.value, ["one"]);
});

const faults: readonly (readonly [text: string, message: RegExp])[] = [
  ["listen: x\nlisten: y\n", /^serve\.yaml:2:1: the file is not valid YAML: Map keys must be unique/],
  ["auth: [1,\n", /^serve\.yaml:\d:\d: the file is not valid YAML/],
  ["\n  lisen: x\n", /^serve\.yaml:2:3: lisen: there is no such key$/],
  ["__proto__: x\n", /^serve\.yaml:1:1: .*there is no such key$/],
  ["- a\n", /^serve\.yaml:1:1: the file holds a list/],
  ["auth: none\nread-only: yes please\n", /^serve\.yaml:2:1: \["read-only"\]: must be true or false, not text$/],
  ["listen: [a]\n", /^serve\.yaml:1:1: listen: must be text, not a list$/],
  ["warning:\n  - one\n  - 2\n", /^serve\.yaml:3:5: warning\[1\]: must be text, not a number$/],
  ["rate-limit: -1\n", /^serve\.yaml:1:1: .*must be a number of 0 or more/],
  [
    `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c]\n`,
    /too many aliases/,
  ],
];
for (const [text, message] of faults) {
  Deno.test(`parseServerConfig() says where ${JSON.stringify(text.slice(0, 30))} is wrong`, async () => {
    await assert.rejects(read(text), { code: "INVALID_SETTINGS", message });
  });
}

Deno.test("readAccessRules() reads groups and rules", async () => {
  const rules = readAccessRules(
    await read(`
groups:
  ops: [olga, otto]
rules:
  - repository: "**"
    users: "*"
    allow: pull
  - repository: team/**
    groups: [ops]
    anonymous: true
    allow: [pull, push, delete]
`),
  );
  assert.deepEqual(rules, {
    groups: { ops: ["olga", "otto"] },
    rules: [
      { repository: "**", anonymous: false, users: ["*"], groups: [], allow: ["pull"] },
      { repository: "team/**", anonymous: true, users: [], groups: ["ops"], allow: ["pull", "push", "delete"] },
    ],
  });
  assert.deepEqual(readAccessRules(await read("")), { groups: {} });
  assert.deepEqual(readAccessRules(await read("rules: []")), { groups: {}, rules: [] });
});

const limited = `auth: token
groups: { ops: [olga] }
rules: [{ repository: "**", groups: [ops], allow: [pull] }]
`;
const [header = "", groups = "", rules = ""] = limited.split("\n");
const onPurpose = "to have none on purpose, write `rules: []` and `groups: {}`";
const changes: readonly (readonly [from: string, to: string, refusal?: string])[] = [
  [limited, limited],
  [limited, `${rules}\n${groups}`],
  [limited, "", `serve.yaml: the file is empty, as if it had been cut; ${onPurpose}`],
  [limited, "# nothing\n", `serve.yaml: the file is empty, as if it had been cut; ${onPurpose}`],
  [header, "", `serve.yaml: the file is empty, as if it had been cut; ${onPurpose}`],
  [limited, header, `serve.yaml: groups: the section is gone, as if the file had been cut; ${onPurpose}`],
  [
    limited,
    `${header}\n${groups}`,
    `serve.yaml: rules: the section is gone, as if the file had been cut; ${onPurpose}`,
  ],
  [limited, "rules: []\ngroups: {}\n"],
  ["rules: []\ngroups: {}\n", header],
  [header, limited],
  ["", "# nothing\n"],
  ["", limited],
];
for (const [from, to, refusal] of changes) {
  const name = `${refusal === undefined ? "lets" : "does not let"} ${JSON.stringify(from)} become ${
    JSON.stringify(to)
  }`;
  Deno.test(`requireRulesKept() ${name}`, async () => {
    const [last, next] = [await read(from), await read(to)];
    const change = () => requireRulesKept(next, last);
    if (refusal === undefined) change();
    else assert.throws(change, { code: "INVALID_SETTINGS", message: refusal });
    requireRulesKept(next, undefined);
  });
}

Deno.test("placeOfRules() finds rules, but not an empty list of them", async () => {
  assert.deepEqual(placeOfRules(await read(limited))?.path, ["rules"]);
  for (const text of ["", "groups: { a: [b] }", "rules: []"]) assert.equal(placeOfRules(await read(text)), undefined);
});

const badRules: readonly (readonly [text: string, message: RegExp])[] = [
  ["rules: x\n", /^serve\.yaml:1:1: rules: must be a list of rules/],
  ["rules:\n  - x\n", /^serve\.yaml:2:5: rules\[0\]: must be a rule/],
  ["rules:\n  - allow: [pull]\n", /^serve\.yaml:2:5: rules\[0\]: the rule has no repository/],
  ["rules:\n  - repository: a\n", /does not say what it allows/],
  ["rules:\n  - { repository: A/*, allow: [pull] }\n", /^serve\.yaml:2:7: .*the pattern "A\/\*" holds a character/],
  ["rules:\n  - repository: a\n    allow: [pull, admin]\n", /^serve\.yaml:3:19: .*"admin" is not one of/],
  ["rules:\n  - repository: a\n    groups: [x]\n    allow: [pull]\n", /^serve\.yaml:3:14: .*there is no group "x"/],
  ["rules:\n  - repository: a\n    user: x\n    allow: [pull]\n", /^serve\.yaml:3:5: .*user: there is no such key/],
  ["rules:\n  - repository: a\n    anonymous: 1\n    allow: [pull]\n", /^serve\.yaml:3:5: .*must be true or false/],
  ["groups: [a]\n", /^serve\.yaml:1:1: groups: must be names of groups/],
  ["groups:\n  a: 5\n", /^serve\.yaml:2:3: groups\.a: must be a list of texts, not a number/],
];
for (const [text, message] of badRules) {
  Deno.test(`readAccessRules() says where ${JSON.stringify(text.slice(0, 60))} is wrong`, async () => {
    await assert.rejects(async () => readAccessRules(await read(text)), { code: "INVALID_SETTINGS", message });
  });
}
