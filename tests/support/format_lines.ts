/**
 * The command lines on which templates are compared with the real regctl: every object, with all fields and methods.
 *
 * @module
 */

import type { FormatLine } from "./format_world.ts";

const lines: FormatLine[] = [];

function add(words: string, ...templates: readonly string[]): void {
  for (const template of templates) lines.push({ words, template });
}

const missing = "{{.Nope}}";
const json = "{{json .}}";
const pretty = "{{jsonPretty .}}";
const human = "{{printPretty .}}";

add(
  "ref example.org/a/b:c@DOCKER",
  "{{.Scheme}} {{.Reference}} {{.Registry}} {{.Repository}} {{.Tag}} {{.Digest}} {{.Path}}|",
  "{{.CommonName}} {{.IsSet}} {{.IsSetRepo}} {{.IsZero}} {{.ToReg}}",
  '{{.SetTag "x"}} {{.SetDigest "sha256:x"}} {{.AddDigest "y"}} {{(.SetTag "").CommonName}}',
  '{{.SetTag "a" | json}}{{upper .Tag}} {{printf "%T %+v" . .}}',
  "{{.}} {{eq . .}} {{len .Repository}}",
  json,
  pretty,
  human,
  missing,
  "{{.SetTag}}",
  "{{.SetTag 5}}",
  "{{.Tag.x}}",
  "a{{.Nope}}b",
  "{{.Tag",
  "raw",
  '{{env "FORMAT_TEST"}} {{env "UNSET"}}|{{file "/no/such/file"}}|',
  "{{file `HOME/.regctl/config.json` | len}}",
  '{{range $i, $p := split .Repository "/"}}{{$i}}={{$p}};{{end}}{{join (split .Repository "/") "_"}}',
);
add("ref alpine", "{{.CommonName}} {{.Reference}} {{.IsSet}}", "{{.}}");
add("ref ocidir://a_b/../C//d.e:t", "{{.}} {{.ToReg}} {{.CommonName}} {{.IsSet}} {{.IsSetRepo}} {{.IsZero}}", json);
add("ref ocidir://dir", '{{.}} {{.IsSet}} {{.ToReg.CommonName}} {{.SetTag "x"}} {{.SetDigest "d"}}');

const descriptor =
  "{{.MediaType}} {{.Digest}} {{.Size}} {{.URLs}} {{.Annotations}} {{.Data}} {{.Platform}} {{.ArtifactType}}";
const common =
  "{{.IsList}} {{.IsSet}} {{.GetDigest}} {{.GetMediaType}} {{.GetRef}} {{.GetDescriptor}} {{.RawHeaders}}" +
  " {{.HasRateLimit}} {{.GetRateLimit}} {{len .RawBody}}";
const lists = [
  "{{.GetLayers}}",
  "{{.GetConfig}}",
  "{{.GetConfigDigest}}",
  "{{.GetManifestList}}",
  "{{.GetPlatformList}}",
];
for (const tag of ["image", "index", "docker", "list", "artifact", "old"]) {
  add(
    `manifest get LAYOUT:${tag}`,
    common,
    json,
    pretty,
    "{{json .GetOrig}}",
    '{{printf "%T %T" . .GetOrig}}',
    ...lists,
  );
  add(
    `manifest get LAYOUT:${tag}`,
    "{{.GetAnnotations}}",
    "{{.GetSubject}}",
    "{{.GetSize}}",
    "{{.GetPlatformDesc nil}}",
  );
  add(`manifest get LAYOUT:${tag}`, "{{.MediaType}}", "{{.SchemaVersion}}", "{{.ArtifactType}}", "{{.Config}}");
  add(`manifest get LAYOUT:${tag}`, "{{.Layers}}", "{{.Manifests}}", "{{.Subject}}", "{{.Annotations}}", missing);
  add(
    `manifest get LAYOUT:${tag}`,
    "{{json .GetDescriptor}}{{json .GetRef}}{{json .GetRateLimit}}{{json .RawHeaders}}",
  );
  add(`manifest head LAYOUT:${tag}`, json, human, '{{.GetDescriptor}} {{.IsSet}} {{.IsList}} {{printf "%T" .}}');
  add(`manifest head LAYOUT:${tag}`, "{{.RawBody}}", "{{.GetLayers}}", "{{.GetManifestList}}", "{{.GetOrig}}");
}
add(
  "manifest get LAYOUT:image",
  `{{range .Layers}}${descriptor};{{end}}`,
  `{{with .Config}}${descriptor} {{.DigestAlgo}}{{end}}`,
  `{{with .Subject}}${descriptor}{{end}}`,
  "{{range .Layers}}{{.DigestAlgo}} {{json .}}{{end}}{{(index .Layers 1).GetData}}",
  '{{printf "%s" (index .Layers 1).GetData}}',
  "{{(index .Layers 0).GetData}}",
  '{{with .Config.Digest}}{{.}} {{.Algorithm}} {{.Encoded}} {{.Hex}} {{.String}} {{.Validate}} {{printf "%T" .}}{{end}}',
  '{{printf "%+v" .Layers}} {{printf "%T" .Layers}} {{printf "%#v" (index .Layers 1)}}',
  '{{index .Annotations "z"}}|{{.Annotations.nope}}|{{index .Annotations "nope"}}|{{json .Annotations}}',
  '{{.SchemaVersion}} {{.MediaType}} {{.ArtifactType}} {{printf "%T %T" .SchemaVersion .Config.Size}} {{.Versioned}}',
  "{{.Config.Platform.OS}}",
  "{{.Config.Nope}}",
  "{{.Config.Digest.Nope}}",
  "{{.Config.GetData}}",
  human,
  '{{printf "%s" .RawBody}}',
  "{{json .Manifest}}{{printPretty .Config}}{{.Manifest.Config.Size}}",
  "{{.GetConfig.Digest}} {{range .GetLayers}}{{.Size}} {{end}}{{.GetSize}}",
  "{{.GetRef.CommonName}} {{(.GetRef.SetTag `new`).CommonName}}",
);
add(
  "manifest get LAYOUT:index",
  `{{range .Manifests}}${descriptor};{{end}}`,
  "{{with (index .Manifests 1).Platform}}{{.Architecture}} {{.OS}} {{.OSVersion}} {{.OSFeatures}} {{.Variant}} {{.Features}}" +
    ' {{.String}} {{.}} {{json .}}{{printf "%+v %T" . .}}{{end}}',
  "{{.GetPlatformDesc (index .Manifests 1).Platform}}",
  "{{range .GetPlatformList}}{{.OS}}/{{.Architecture}} {{end}}",
  "{{.Index}} {{json .Index}}",
  '{{printf "%#v" (index .Manifests 1).Platform}}',
);
add("manifest get -p linux/arm/v7 LAYOUT:index", common, "{{.GetRef.CommonName}} {{json .}}", human);
add(
  "manifest head -p linux/arm/v7 LAYOUT:index",
  "{{.GetRef}} {{.GetDescriptor}} {{.IsSet}}",
  "{{.MediaType}}|{{.Layers}}",
);
add("manifest get LAYOUT@DOCKER", common);
add("image manifest LAYOUT:docker", common, "{{.ManifestList}}", "{{.Manifest}}");
add("image digest LAYOUT:docker", "{{.GetDigest}}", "{{.GetDigest.Hex}} {{.GetRef.Tag}}");
add("manifest get LAYOUT:list", "{{.ManifestList}}", "{{json .ManifestList}}");
add("manifest get LAYOUT:artifact", "{{.Blobs}} {{.ArtifactManifest.MediaType}}", "{{.ArtifactType}} {{.Versioned}}");
add(
  "manifest get LAYOUT:old",
  "{{.Name}} {{.Tag}} {{.Architecture}} {{.FSLayers}} {{.History}} {{range .FSLayers}}{{.BlobSum}}{{end}}" +
    "{{range .History}}{{.V1Compatibility}}{{end}}",
  human,
);
add("manifest get LAYOUT:nope", "{{.GetDigest}}", "{{.GetDigest");

const blob = "{{.Digest}} {{.Length}} {{.MediaType}} {{.GetDescriptor}} {{printf `%T` .}}";
for (const place of ["LAYOUT", "REGISTRY/app"]) {
  add(`blob get ${place} SMALL`, blob, "{{printf `%s` .RawBody}}", "{{len .RawBody}}", `${human}.`, json, missing);
  add(`blob head ${place} SMALL`, blob, "{{.RawBody}}", human, json, missing);
}
add("blob head LAYOUT SMALL", "{{.Response}} {{.RawHeaders}}");
for (const verb of ["get", "head"]) {
  add(
    `blob ${verb} REGISTRY/app SMALL`,
    '{{.Response.StatusCode}} {{.Response.Status}} {{index .RawHeaders "Content-Length"}}',
  );
  add(`blob ${verb} REGISTRY/app SMALL`, "{{range $name, $values := .RawHeaders}}{{$name}} {{len $values}};{{end}}");
}
const header = [
  "Name Typeflag Linkname Size Mode Uid Gid Uname Gname ModTime AccessTime ChangeTime",
  "Devmajor Devminor Xattrs PAXRecords Format",
].join(" ").split(" ").map((name) => `{{.${name}}}`).join("|");
add(
  "blob get-file LAYOUT LAYER dir/a.txt",
  `{{with .Header}}${header}{{end}}`,
  '{{.Header}} {{printf "%T %T" .Header .Header.Format}} {{.Header.ModTime.Year}}',
  json,
  human,
  "{{json .Reader}}{{json .Header}}",
  missing,
  "{{.Reader.Nope}}",
  "",
);
add("blob get-file LAYOUT LAYER link", `{{with .Header}}${header}{{end}}`);
add("blob get-file LAYOUT LAYER nope", "{{.Header.Name}}");
const input = (words: string, stdin: string, ...templates: readonly string[]): void => {
  for (const template of templates) lines.push({ words, template, stdin });
};
input(
  "blob put LAYOUT",
  "hi",
  "{{.Digest}} {{.Size}} {{.}}",
  json,
  human,
  "{{.Digest.Algorithm}} {{printf `%T` .}}",
  missing,
);
input(
  "digest",
  "hi",
  "{{.}} {{.Algorithm}} {{.Encoded}} {{.Hex}} {{.String}} {{.Validate}}",
  json,
  "{{upper .String}}",
);
input("digest --algorithm sha512", "", "{{.Algorithm}} {{len .Hex}} {{printf `%T %s` . .}}");
const manifest = '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[],"x":1}';
input(
  "manifest put TARGET:put",
  manifest,
  "{{.Manifest.GetDescriptor}} {{.Manifest.GetRef.CommonName}} {{.Manifest.IsSet}} {{.Manifest.MediaType}}",
  json,
  human,
  "{{printPretty .Manifest}}{{.Manifest.RawHeaders}}",
  "{{.MediaType}}",
);
input("manifest put --by-digest TARGET:put", manifest, "{{.Manifest.GetDigest}} {{.Manifest.GetRef}}");

add(
  "image inspect LAYOUT:docker",
  "{{.Created}} {{.Author}} {{.Architecture}} {{.OS}} {{.OSVersion}} {{.OSFeatures}} {{.Variant}} {{.Features}} {{.Platform}}",
  "{{.Digest}} {{.Length}} {{.MediaType}} {{.GetDescriptor}} {{.RawHeaders}} {{len .RawBody}}",
  "{{with .Config}}{{.User}} {{.ExposedPorts}} {{.Env}} {{.Entrypoint}} {{.Cmd}} {{.Volumes}} {{.WorkingDir}} {{.Labels}} " +
    "{{.StopSignal}} {{.StopTimeout}} {{.ArgsEscaped}} {{.OnBuild}} {{.Shell}}{{end}}",
  "{{with .Config.Healthcheck}}{{.Test}} {{.Interval}} {{.Timeout}} {{.StartPeriod}} {{.Retries}} {{.}}{{json .}}{{end}}",
  "{{.RootFS}} {{.RootFS.Type}} {{range .RootFS.DiffIDs}}{{.Algorithm}}{{end}} {{.History}}",
  "{{range .History}}{{.Created}}|{{.CreatedBy}}|{{.Author}}|{{.Comment}}|{{.EmptyLayer}};{{end}}",
  "{{.}} {{.Image}} {{.GetConfig}} {{printf `%T %T %T %T` . .Image .Config .Created}}",
  "{{.Created.Year}} {{.Created.Format `2006-01-02`}} {{json .Created}}{{.Created.UTC}}",
  json,
  pretty,
  human + ".",
  "{{json .Image}}{{json .GetConfig}}",
  "{{json .Config}}{{json .RootFS}}{{json .History}}{{json .Platform}}",
  "{{.Config.Labels.l}} {{index .Config.Labels `l`}} {{.Config.Labels.x}} {{range $k, $v := .Config.Volumes}}{{$k}}{{$v}}{{end}}",
  "{{.GetConfig.Config.User}} {{.Image.Author}}",
  missing,
  "{{.Layers}}",
);
add("image inspect LAYOUT:image", "{{.MediaType}} {{.GetDescriptor}}");
add("image inspect -p linux/amd64 LAYOUT:index", "{{.Author}} {{.Digest}}");
add(
  "image ratelimit LAYOUT:image",
  "{{.Limit}} {{.Remain}} {{.Reset}} {{.Set}} {{.Policies}} {{.}}",
  json,
  human + ".",
  missing,
);

const names = "{{.Name}} {{.Tags}} {{.GetTags}} {{.Children}} {{.Manifests}} {{.GetOrig}} {{printf `%T %T` . .Tags}}";
for (const place of ["LAYOUT", "REGISTRY/app"]) {
  add(
    `tag ls ${place}`,
    names,
    `${json}.`,
    pretty,
    `${human}.`,
    "{{.Index}}",
    "{{json .Index}}",
    "{{printf `%s` .RawBody}}",
    missing,
  );
  add(`tag ls --include i.* ${place}`, "{{.Tags}} {{range .GetTags}}<{{.}}>{{end}}", json, `${human}.`);
  add(`tag ls ${place}`, "{{.GetURL}}");
}
add(
  "tag ls LAYOUT",
  "{{.RawHeaders}} {{.Index.MediaType}} {{len .Index.Manifests}} {{(index .Index.Manifests 0).Digest}}",
);
add(
  "tag ls --limit 5 REGISTRY/app",
  "{{.GetURL}} {{.GetURL.Path}} {{.GetURL.Host}} {{.GetURL.RawQuery}} {{json .GetURL}}",
);
add(
  "repo ls REGISTRY",
  "{{.Repositories}} {{.GetRepos}} {{.GetOrig}} {{printf `%T` .}}",
  `${json}.`,
  pretty,
  `${human}.`,
  missing,
);
add("repo ls REGISTRY", "{{printf `%s` .RawBody}} {{index .RawHeaders `Content-Type`}}");
add(
  "manifest get REGISTRY/app:docker",
  "{{.GetDescriptor}} {{.GetRef}} {{.HasRateLimit}} {{.GetRateLimit}}",
  json,
  human + ".",
);
add("manifest head REGISTRY/app:docker", "{{.GetDescriptor}} {{.GetRef}} {{.MediaType}}|{{.IsSet}}");
add("manifest head REGISTRY/app:docker", "{{range $name, $values := .RawHeaders}}{{$name}} {{len $values}};{{end}}");
add("image copy LAYOUT:docker REGISTRY/copy:x", "{{.}} {{.CommonName}} {{.Tag}}", json, missing);
add("image copy LAYOUT:docker TARGET:copied", "{{.CommonName}} {{.Path}}");

const host = [
  "Name TLS RegCert ClientCert ClientKey Hostname User Pass Token CredHelper CredExpire CredHost PathPrefix Mirrors Priority",
  "RepoAuth API APIOpts BlobChunk BlobMax ReqPerSec ReqConcurrent Scheme GetCred IsZero",
].join(" ").split(" ");
for (const command of ["config get", "registry config"]) {
  add(
    command,
    json,
    pretty,
    `${human}.`,
    "{{.Version}} {{.BlobLimit}} {{.IncDockerCert}} {{.IncDockerCred}} {{.Filename}}",
  );
  add(
    command,
    "{{range $k, $v := .Hosts}}{{$k}} {{$v.Name}} {{$v.TLS}};{{end}}{{.HostDefault.User}}",
    "{{json .Hosts}}",
    missing,
  );
}
add(
  "registry config reg.example.org",
  host.map((name) => `{{.${name}}}`).join("|"),
  "{{printf `%T %T %T %T %T %T` . .TLS .CredExpire .Mirrors .Priority .GetCred}} {{json .TLS}}{{json .CredExpire}}",
  "{{.GetCred.User}} {{.GetCred.Password}}|{{.GetCred.Token}}|{{json .GetCred}}",
  json,
  pretty,
  `${human}.`,
  missing,
  "{{.TLS.Nope}}",
);
add("registry config other.example.org", host.map((name) => `{{.${name}}}`).join("|"), json);
add("registry config nope.example.org", "{{.Name}}");
add("version", missing, "{{printf `%T` .}}", "{{.Platform}} {{.VCSCommit}} {{.VCSDate}} {{.VCSRef}} {{.VCSState}}");

/** All lines. */
export const formatLines: readonly FormatLine[] = lines;

/** Lines on a layout that others made. */
export const otherLines: readonly FormatLine[] = ["v1", "v3", "a1", "ai", "b1", "child", "loop", "mirror", "a-docker"]
  .flatMap((tag) =>
    [common, json, `${human}.`, "{{.GetOrig.Annotations}}", "{{.Subject}} {{.Annotations}} {{.ArtifactType}}"].map((
      template,
    ) => ({
      words: `manifest get OTHER:${tag}`,
      template,
    }))
  ).concat(
    ["v1", "v2", "b3"].flatMap((tag) =>
      [json, "{{json .Image}}", "{{.Created}} {{.Config}} {{.RootFS}} {{.History}}"].map((template) => ({
        words: `image inspect -p linux/arm64 OTHER:${tag}`,
        template,
      }))
    ),
    [json, names, "{{range .Index.Manifests}}{{.Digest}} {{end}}"].map((template) => ({
      words: "tag ls OTHER",
      template,
    })),
  );
