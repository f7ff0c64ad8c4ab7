import { equal, match, ok, throws } from "node:assert/strict";
import { blobObject } from "../../../cli/output/objects/blob.ts";
import { loadVerification } from "../../../cli/output/objects/descriptor.ts";
import { digestObject } from "../../../cli/output/objects/digest.ts";
import { imageObject } from "../../../cli/output/objects/image.ts";
import { manifestObject, putManifestObject } from "../../../cli/output/objects/manifest.ts";
import { repoListObject, tagListObject } from "../../../cli/output/objects/name_lists.ts";
import { refObject } from "../../../cli/output/objects/ref.ts";
import { configObject, hostObject } from "../../../cli/output/objects/settings.ts";
import { tarFileObject } from "../../../cli/output/objects/tar_file.ts";
import { parseImageConfig } from "../../../lib/image/image_config.ts";
import { digestBytes } from "../../../lib/oci/digest.ts";
import { type Manifest, parseManifest } from "../../../lib/oci/manifest.ts";
import { parseReference } from "../../../lib/reference/parse.ts";
import { parseRegctlFile } from "../../../lib/settings/regctl_file.ts";
import type { GoObject } from "../../../lib/template/struct_type.ts";
import { renderTemplate } from "../../../lib/template/template.ts";
import { runCli } from "../../support/run_cli.ts";

const ref = parseReference("registry.example.org/app:v1");
const hi = await digestBytes(new TextEncoder().encode("hi"));
const bytesOf = (document: unknown) => new TextEncoder().encode(JSON.stringify(document));

async function readManifest(document: unknown, headers?: Headers): Promise<Manifest> {
  return await parseManifest(bytesOf(document), { headers });
}

async function objectOf(document: unknown, headers?: Headers): Promise<GoObject> {
  const manifest = await readManifest(document, headers);
  return manifestObject({ ref, descriptor: manifest.descriptor, manifest, headers });
}

const image = {
  schemaVersion: 2,
  mediaType: "application/vnd.oci.image.manifest.v1+json",
  config: { mediaType: "application/vnd.oci.empty.v1+json", digest: hi, size: 2, data: "aGk=" },
  layers: [],
  annotations: { key: "value" },
};

Deno.test("manifestObject() has fields under their names in JSON, too", async () => {
  const object = await objectOf(image);
  equal(
    renderTemplate("{{.config.mediaType}} {{.annotations.key}} {{.schemaVersion}}", object),
    "application/vnd.oci.empty.v1+json value 2",
  );
});

Deno.test("manifestObject() gives JSON as the document has it, and numbers as they are written", async () => {
  const text =
    '{"schemaVersion":2,"z":1.50,"manifests":[],"a":1e2,"mediaType":"application/vnd.oci.image.index.v1+json"}';
  const manifest = await parseManifest(new TextEncoder().encode(text));
  const object = manifestObject({ ref, descriptor: manifest.descriptor, manifest });
  equal(renderTemplate("{{json .}}", object), `${text}\n`);
  equal(
    renderTemplate("{{json .}}", putManifestObject({ ref, descriptor: manifest.descriptor, manifest })),
    `{"Manifest":${text}}\n`,
  );
});

Deno.test("manifestObject() reads the rate limit of the headers", async () => {
  const headers = new Headers({ "ratelimit-limit": "100;w=60", "ratelimit-remaining": "7;w=60" });
  const object = await objectOf(image, headers);
  equal(
    renderTemplate("{{.HasRateLimit}} {{.GetRateLimit.Remain}} {{.GetRateLimit}}", object),
    "true 7 {7 100 0 true [100;w=60]}",
  );
  equal(renderTemplate("{{.RawHeaders}}", object), "map[Ratelimit-Limit:[100;w=60] Ratelimit-Remaining:[7;w=60]]");
});

Deno.test("manifestObject() tells what a manifest of another kind, or its headers alone, do not have", async () => {
  const object = await objectOf(image);
  throws(
    () => renderTemplate("{{.Manifests}}", object),
    /can't evaluate field Manifests in type \*manifest\.oci1Manifest/,
  );
  throws(() => renderTemplate("{{.GetManifestList}}", object), /platform descriptor list not available for media type/);
  const { descriptor } = await readManifest(image);
  const head = manifestObject({ ref, descriptor });
  throws(() => renderTemplate("{{.GetLayers}}", head), /error calling GetLayers: manifest not set/);
  equal(renderTemplate("{{.GetDescriptor.Size}} {{.IsSet}} {{json .}}", head), `${descriptor.size} false `);
});

Deno.test("descriptors give embedded data only when it is what they say", async () => {
  await loadVerification();
  equal(renderTemplate('{{printf "%s" .Config.GetData}}', await objectOf(image)), "hi");
  const config = { ...image.config, data: "aGE=" };
  throws(() => renderTemplate("{{.Config.GetData}}", manifestWith(config)), /error calling GetData: parsing failed/);
});

/** A manifest whose config nobody checked. */
function manifestWith(config: typeof image.config): GoObject {
  const bytes = bytesOf({ ...image, config });
  const descriptor = { mediaType: image.mediaType, digest: hi, size: bytes.length };
  return manifestObject({
    ref,
    descriptor,
    manifest: { kind: "image", descriptor, bytes, body: { ...image, config } },
  });
}

Deno.test("refObject() reaches nothing of the reference itself", () => {
  throws(() => renderTemplate("{{.constructor}}", refObject(ref)), /can't evaluate field constructor in type ref\.Ref/);
  throws(() => renderTemplate("{{.__proto__}}", refObject(ref)), /can't evaluate field __proto__/);
});

Deno.test("digestObject() gives what is wrong with a digest as text", () => {
  match(renderTemplate("{{.Validate}}", digestObject("sha256:abc")), /length/);
  throws(() => renderTemplate("{{.Hex}}", digestObject("abc")), /error calling Hex: no ':' separator in digest "abc"/);
});

Deno.test("blobObject() shows the answer of a registry, and no media type without one", () => {
  const descriptor = { mediaType: "application/x", digest: hi, size: 2 };
  const headers = new Headers({ "content-length": "2" });
  equal(
    renderTemplate(
      "{{.MediaType}} {{.Response.StatusCode}} {{.Response.ContentLength}}",
      blobObject({ descriptor, headers }),
    ),
    "application/x 200 2",
  );
  equal(renderTemplate("{{.MediaType}}|{{.Response}}", blobObject({ descriptor })), "|<nil>");
});

Deno.test("imageObject() shows an empty config as one", async () => {
  const bytes = new TextEncoder().encode("null");
  const object = imageObject(parseImageConfig(bytes, await digestBytes(bytes)));
  equal(
    renderTemplate("{{.}} {{.Created}} {{.Config.Env}} {{.RootFS.DiffIDs}} {{json .}}", object),
    "unknown <nil> [] [] null\n",
  );
});

Deno.test("tarFileObject() shows extended attributes and times", () => {
  const object = tarFileObject({
    name: "a",
    type: "fifo",
    linkname: "",
    size: 0,
    mode: 0o644,
    uid: 1,
    gid: 2,
    uname: "u",
    gname: "g",
    mtime: new Date(0),
    pax: { atime: "1.5", "SCHILY.xattr.user.x": "y" },
  });
  equal(
    renderTemplate(
      "{{with .Header}}{{.Typeflag}} {{.AccessTime}} {{.Xattrs}} {{len .PAXRecords}} {{.Format}}{{end}}",
      object,
    ),
    "54 1970-01-01 00:00:01.5 +0000 UTC map[user.x:y] 2 PAX",
  );
});

const list = { names: ["b"], document: bytesOf({ name: "app", tags: ["a", "b"] }), headers: undefined };

Deno.test("tagListObject() has the wanted tags, and the document as it came", () => {
  equal(
    renderTemplate("{{.Name}} {{.Tags}} {{json .}}", tagListObject(list)),
    'app [b] {"name":"app","tags":["a","b"]}\n',
  );
});

Deno.test("tagListObject() has what Google's registries add", () => {
  const info = { imageSizeBytes: "7", mediaType: "m", timeCreatedMs: "1000", timeUploadedMs: "2000", tag: ["t"] };
  const object = tagListObject({
    ...list,
    document: bytesOf({ name: "app", tags: [], child: ["c"], manifest: { [hi]: info } }),
  });
  equal(
    renderTemplate(
      "{{.Children}}{{range .Manifests}} {{.Size}} {{.MediaType}} {{.Created.Unix}} {{.Uploaded.Unix}} {{.Tags}}{{end}}",
      object,
    ),
    "[c] 7 m 1 2 [t]",
  );
});

Deno.test("repoListObject() survives a document of another form", () => {
  equal(
    renderTemplate("{{.Repositories}} {{json .}}", repoListObject({ ...list, document: bytesOf([1]) })),
    "[b] [1]\n",
  );
});

Deno.test("configObject() and hostObject() show no secrets", () => {
  const host = { user: "me", pass: "SECRET", token: "SECRET", clientKey: "SECRET" };
  const file = parseRegctlFile(JSON.stringify({ hosts: { h: host }, hostDefault: host, mine: "SECRET" }), "/settings");
  const all =
    "{{.}}{{printf `%+v %#v` . .}}{{.Hosts}}{{.HostDefault}}{{range .Hosts}}{{.}}{{.Pass}}{{.Token}}{{.ClientKey}}{{.GetCred}}{{end}}";
  const text = renderTemplate(all, configObject(file, {})) +
    renderTemplate("{{.}}{{json .}}{{json .GetCred}}{{.Pass}}", hostObject("h", host));
  ok(text.includes("me"));
  equal(text.includes("SECRET"), false);
});

Deno.test("regctl --format prints what came before a failure, and then fails", async () => {
  const { code, stdout, stderr } = await runCli(["ref", "alpine", "--format", "before {{.Tag}}{{.Nope}} after"]);
  equal(`${code} ${stdout}`, "1 before latest");
  match(stderr, /^template: out:1:17: executing "out" at <\.Nope>: can't evaluate field Nope in type ref\.Ref$/m);
});

Deno.test("regctl --format gives templates environment, files, time and zone of the context", async () => {
  const template = '{{env "NAME"}} {{file "/f"}} {{time.Now.Unix}} {{time.Now.Local.Format "MST"}}';
  const options = { env: { NAME: "value" }, files: { "/f": " text\n" } };
  const { stdout } = await runCli(["ref", "alpine", "--format", template], options);
  match(stdout, /^value text \d+ CET$/);
});

Deno.test("regctl --format warns of a file that cannot be read", async () => {
  const { code, stdout, stderr } = await runCli(["ref", "alpine", "--format", '[{{file "/none"}}]']);
  equal(`${code} ${stdout}`, "0 []");
  match(stderr, /level=WARN msg="file of a template cannot be read" path=\/none/);
});

Deno.test("regctl --format refuses a bad template before it asks for anything", async () => {
  const client = {
    repository: () => {
      throw new Error("asked");
    },
    ping: () => Promise.reject(new Error("asked")),
    catalog: () => {
      throw new Error("asked");
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  const commands = [
    "manifest get a",
    "manifest head a",
    "manifest put a",
    "image copy a b",
    "image inspect a",
    "image ratelimit a",
    `blob get a ${hi}`,
    `blob head a ${hi}`,
    `blob get-file a ${hi} f`,
    "blob put a",
    "tag ls a",
    "repo ls registry.example.org",
  ];
  for (const command of commands) {
    const { code, stderr } = await runCli([...command.split(" "), "--format", "{{.A"], { hooks: { client } });
    equal(`${command}: ${code} ${stderr}`, `${command}: 1 template: out:1: unclosed action\n`);
  }
});

Deno.test("regctl cli-doc --format shows a command", async () => {
  const template =
    "{{.CommandPath}}|{{.Name}}|{{.Aliases}}|{{.HasSubCommands}}|{{.Runnable}}|{{range .Commands}}{{.Name}} {{end}}";
  const { stdout } = await runCli(["cli-doc", "tag", "--format", template]);
  equal(stdout, "regctl tag|tag|[]|true|false|delete ls ");
});
