/**
 * Enforces who may import whom (docs/architecture.md): ranks, no cycles, third-party code only through `lib/deps/`.
 */

import assert from "node:assert/strict";

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly isType: boolean;
  readonly isDynamic: boolean;
}

/** What each place may import beside itself; `*` stands for everything. The first pattern that fits a file counts. */
const rules: readonly (readonly [place: string, mayImport: readonly string[]])[] = [
  ["lib/errors.ts", []],
  ["lib/log.ts", []],
  ["lib/deps/", []],
  ["lib/oci/", ["@0"]],
  ["lib/reference/", ["@0", "lib/oci/"]],
  ["lib/streams/", ["@0", "lib/oci/"]],
  ["lib/schedule/", ["@0"]],
  ["lib/archive/", ["@0", "lib/oci/", "lib/streams/"]],
  ["lib/diff/", ["@0"]],
  ["lib/filter/", ["@0"]],
  ["lib/template/", ["@0"]],
  ["lib/repository.ts", ["@0", "@1"]],
  ["lib/repository_powers.ts", ["@0", "@1", "lib/repository.ts"]],
  ["lib/settings/", ["@0", "@1"]],
  ["lib/http/", ["@0", "@1", "@2"]],
  ["lib/registry/", ["@0", "@1", "@2", "lib/http/"]],
  ["lib/layout/", ["@0", "@1", "@2"]],
  ["lib/memory/", ["@0", "@1", "@2"]],
  ["lib/copy/", ["@0", "@1", "@2"]],
  ["lib/image/", ["@0", "@1", "@2", "lib/copy/"]],
  ["lib/artifact/", ["@0", "@1", "@2", "lib/copy/", "lib/image/"]],
  ["lib/mutate/", ["@0", "@1", "@2", "lib/copy/", "lib/image/"]],
  ["lib/server/", ["@0", "@1", "@2", "lib/layout/"]],
  ["lib/client.ts", ["@0", "@1", "@2", "lib/http/", "lib/registry/", "lib/layout/", "lib/memory/"]],
  ["lib/sync/", ["@0", "@1", "@2", "lib/copy/", "lib/image/", "lib/client.ts"]],
  ["lib/bot/", ["@0", "@1", "@2", "lib/copy/", "lib/image/", "lib/client.ts"]],
  ["mod.ts", ["lib/"]],
  ["cli/regctl/", ["lib/", "cli/"]],
  ["cli/", ["lib/", "cli/", "deno.json"]],
];

const groups: Readonly<Record<string, readonly string[]>> = {
  "@0": ["lib/errors.ts", "lib/log.ts", "lib/deps/"],
  "@1": [
    "lib/oci/",
    "lib/reference/",
    "lib/streams/",
    "lib/archive/",
    "lib/diff/",
    "lib/filter/",
    "lib/template/",
    "lib/schedule/",
  ],
  "@2": ["lib/repository.ts", "lib/repository_powers.ts", "lib/settings/"],
};

const root = new URL("../", import.meta.url);

async function* sources(folder: URL): AsyncGenerator<URL> {
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isDirectory) yield* sources(new URL(`${entry.name}/`, folder));
    else if (entry.name.endsWith(".ts")) yield new URL(entry.name, folder);
  }
}

interface ModuleInfo {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier?: string };
    readonly type?: { readonly specifier?: string };
    readonly isDynamic?: boolean;
  }[];
}

/** All edges of the module graph, from one `deno info` over a module that imports every file. */
async function readEdges(): Promise<readonly Edge[]> {
  const files: string[] = [];
  for (const folder of ["lib/", "cli/"]) {
    for await (const file of sources(new URL(folder, root))) files.push(file.href);
  }
  files.push(new URL("mod.ts", root).href);
  const all = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(all, files.map((file) => `import ${JSON.stringify(file)};`).join("\n"));
    const config = new URL("deno.json", root).pathname;
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--config", config, all],
      cwd: root,
      stderr: "inherit",
    }).output();
    const info: { readonly modules: readonly ModuleInfo[] } = JSON.parse(new TextDecoder().decode(stdout));
    return info.modules.flatMap(edgesOf);
  } finally {
    await Deno.remove(all);
  }
}

function edgesOf(module: ModuleInfo): readonly Edge[] {
  const from = relative(module.specifier);
  if (from === undefined) return [];
  return (module.dependencies ?? []).flatMap(({ code, type, isDynamic }) => {
    const specifier = code?.specifier ?? type?.specifier;
    if (specifier === undefined) return [];
    const to = relative(specifier) ?? specifier;
    return [{ from, to, isType: code === undefined, isDynamic: isDynamic ?? false }];
  });
}

function relative(specifier: string): string | undefined {
  return specifier.startsWith(root.href) ? specifier.slice(root.href.length) : undefined;
}

function ruleOf(file: string): readonly string[] {
  const rule = rules.find(([place]) => file.startsWith(place));
  assert(rule, `${file} belongs to no rank: add its folder to the rules`);
  const [place, mayImport] = rule;
  return [place, ...mayImport.flatMap((name) => groups[name] ?? [name])];
}

function isThirdParty(target: string): boolean {
  return /^(npm|jsr|https?):/.test(target);
}

/** The first cycle among edges, as a path that ends where it begins. */
function findCycle(edges: readonly Edge[]): readonly string[] | undefined {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) next.set(from, [...next.get(from) ?? [], to]);
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (node: string): readonly string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    path.push(node);
    for (const to of next.get(node) ?? []) {
      const cycle = visit(to);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    done.add(node);
    return undefined;
  };
  for (const node of next.keys()) {
    const cycle = visit(node);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/** The folder right below `lib/` or the program's own: what is nested in it belongs to it. */
const folderOf = (file: string) => file.split("/").slice(0, -1).slice(0, 2).join("/") + "/";

Deno.test("module graph", async (t) => {
  const edges = await readEdges();
  assert(edges.length > 100, "the graph was read");

  await t.step("goes one way: no file imports a higher rank", () => {
    const wrong = edges.filter(({ from, to }) => {
      if (isThirdParty(to) || to.startsWith("node:")) return false;
      return !ruleOf(from).some((place) => to.startsWith(place));
    });
    assert.deepEqual(wrong.map(({ from, to }) => `${from} -> ${to}`), []);
  });

  await t.step("reaches third-party code through lib/deps/ alone", () => {
    const wrong = edges.filter(({ from, to }) => isThirdParty(to) && !from.startsWith("lib/deps/"));
    assert.deepEqual(wrong.map(({ from, to }) => `${from} -> ${to}`), []);
  });

  await t.step("pins every third-party version", () => {
    const loose = edges.filter(({ to }) => to.startsWith("npm:") && !/@\d+\.\d+\.\d+[^/]*(\/|$)/.test(to));
    assert.deepEqual(loose.map(({ from, to }) => `${from} -> ${to}`), []);
  });

  await t.step("has no cycle of values", () => {
    assert.equal(findCycle(edges.filter((edge) => !edge.isType && !edge.isDynamic)), undefined);
  });

  await t.step("has no cycle of types across folders", () => {
    const across = edges.filter(({ from, to }) => folderOf(from) !== folderOf(to) && folderOf(from).startsWith("lib/"))
      .filter(({ to }) => to.startsWith("lib/") && folderOf(to) !== "lib/")
      .filter(({ from }) => folderOf(from) !== "lib/")
      .map((edge) => ({ ...edge, from: folderOf(edge.from), to: folderOf(edge.to) }));
    assert.equal(findCycle(across), undefined);
  });

  await t.step("loads heavy parts of the runtime only when they are used", () => {
    const heavy = ["node:crypto", "node:http", "node:https", "node:zlib", "node:tls", "node:net"];
    const eager = edges.filter(({ to, isType, isDynamic }) => heavy.includes(to) && !isType && !isDynamic);
    assert.deepEqual(eager.map(({ from, to }) => `${from} -> ${to}`), []);
  });
});
