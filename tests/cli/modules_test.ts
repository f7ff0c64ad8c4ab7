import { deepEqual, equal, ok } from "node:assert/strict";
import { commandsBelow } from "../../cli/flag_lookup.ts";
import { regctl } from "../../cli/regctl/commands.ts";
import { checkout, regctlMain } from "../support/processes.ts";

interface Dependency {
  readonly specifier: string;
  readonly isDynamic?: boolean;
  readonly code?: { readonly specifier: string };
}

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly Dependency[];
}

const output = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", regctlMain] }).output();
const { modules }: { readonly modules: readonly Module[] } = JSON.parse(new TextDecoder().decode(output.stdout));
const byName = new Map(modules.map((module) => [nameOf(module.specifier), module]));

/** The path in the checkout; other specifiers as they are. */
function nameOf(specifier: string): string {
  const at = specifier.indexOf(checkout);
  return at < 0 ? specifier : specifier.slice(at + checkout.length);
}

/** What is run when modules are imported: these and all that they import, apart from what is loaded later. */
function loadedBy(...names: readonly string[]): readonly string[] {
  const loaded = new Set(names);
  for (const name of loaded) {
    for (const { isDynamic, code } of byName.get(name)?.dependencies ?? []) {
      if (isDynamic !== true && code !== undefined) loaded.add(nameOf(code.specifier));
    }
  }
  return [...loaded];
}

/** The module that a command's function is in: what its data loads. */
function moduleOf(path: string, load: () => unknown): string {
  const [, specifier = ""] = /import\("([^"]+)"\)/.exec(String(load)) ?? [];
  const places = [...byName.values()].filter(({ specifier: place, dependencies = [] }) =>
    /commands?\.ts$/.test(place) && nameOf(place).startsWith("cli/") &&
    dependencies.some((dependency) => dependency.isDynamic === true && dependency.specifier === specifier)
  );
  const group = path.split(" ")[0] ?? "";
  const place = places.find(({ specifier }) => nameOf(specifier).includes(`/${group}/`)) ?? places[0];
  const found = place?.dependencies?.find((dependency) => dependency.specifier === specifier)?.code?.specifier;
  return nameOf(found ?? "");
}

/** What only those commands may load, whose modules are named. */
const heavy: readonly (readonly [folder: RegExp, users: RegExp])[] = [
  [/^lib\/server\//, /^cli\/regctl\/registry\/(serve|gc)\.ts$/],
  [/^lib\/archive\//, /^cli\/regctl\/(blob\/(diff_layer|get_file)|image\/\w+|artifact\/\w+)\.ts$/],
  [/^lib\/template\//, /^$/],
  [/^lib\/(bot|sync)\//, /^$/],
  [/^(npm|jsr|https?):|^lib\/deps\//, /^$/],
  [/^node:/, /^$/],
];

Deno.test("regctl --help of any command loads no library beyond errors, levels and the clock", () => {
  equal(output.code, 0);
  const names = loadedBy("cli/regctl.ts", "cli/help.ts").filter((name) => !name.startsWith("cli/"));
  const allowed = ["deno.json", "lib/errors.ts", "lib/log.ts", "lib/schedule/clock.ts"];
  deepEqual(names.filter((name) => !allowed.includes(name)), []);
});

Deno.test("regctl registry serve loads the server, so that the list of modules is one", () => {
  const loaded = loadedBy("cli/regctl.ts", "cli/regctl/registry/serve.ts");
  ok(loaded.some((name) => name.startsWith("lib/server/")));
});

for (const { path, load } of commandsBelow(regctl.root)) {
  Deno.test(`regctl ${path} loads no heavy module that it does not use`, () => {
    const module = moduleOf(path, load);
    ok(byName.has(module), `no module of ${path}: ${module}`);
    const loaded = loadedBy("cli/regctl.ts", module);
    const needless = heavy.filter(([, users]) => !users.test(module))
      .flatMap(([folder]) => loaded.filter((name) => folder.test(name)));
    deepEqual(needless, []);
  });
}

Deno.test("regctl version loads nothing that opens registries or layouts", () => {
  const loaded = loadedBy("cli/regctl.ts", "cli/regctl/version.ts");
  deepEqual(loaded.filter((name) => /^lib\/(client|registry|layout|settings|copy|image|memory)/.test(name)), []);
});

Deno.test("__complete loads nothing that opens registries or layouts before a name has to be looked up", () => {
  const loaded = loadedBy("cli/regctl.ts", "cli/completion/print_candidates.ts");
  const heavyNames = loaded.filter((name) =>
    /^lib\/(client|registry|layout|copy|image|memory|settings|server)/.test(name)
  );
  deepEqual(heavyNames, []);
});
