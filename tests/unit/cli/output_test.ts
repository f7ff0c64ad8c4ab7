import { equal, match, ok } from "node:assert/strict";
import { formatDescriptorSize } from "../../../cli/output/size.ts";
import { formatBytes } from "../../../cli/output/size.ts";
import { formatHeaders } from "../../../cli/output/headers.ts";
import { formatManifest } from "../../../cli/output/manifest.ts";
import { type FormatWord, parsePlainFormat } from "../../../cli/output/format_words.ts";
import { parseManifest } from "../../../lib/oci/manifest.ts";
import { parseReference } from "../../../lib/reference/parse.ts";

const words: readonly FormatWord[] = ["raw", "body", "headers"];
const template = "{{printPretty .}}";

const formats = [
  [template, "default"],
  ["{{ printPretty . }}", "default"],
  ["", "nothing"],
  ["raw", "raw"],
  ["rawBody", "body"],
  ["raw-body", "body"],
  ["body", "body"],
  ["rawHeaders", "headers"],
  ["raw-headers", "headers"],
  ["headers", "headers"],
] as const;

for (const [value, format] of formats) {
  Deno.test(`parsePlainFormat() reads ${JSON.stringify(value)} as ${format}`, () => {
    equal(parsePlainFormat(value, template, words), format);
  });
}

for (const value of ["{{.Name}}", "digest", "json", "RAW", "constructor"]) {
  Deno.test(`parsePlainFormat() leaves ${value} to templates`, () => {
    equal(parsePlainFormat(value, template, words), undefined);
  });
}

const sizes: readonly (readonly [bytes: number, human: string, exact: string])[] = [
  [0, "0.000B", "0B"],
  [312, "312.000B", "312B"],
  [100_000, "100.000kB", "100000B"],
  [100_001, "100.001kB", "100.001kB"],
  [123_456_789, "123.457MB", "123.457MB"],
  [5_000_000_000, "5.000GB", "5.000GB"],
];

for (const [bytes, human, exact] of sizes) {
  Deno.test(`formatBytes() writes ${bytes} bytes as ${human}, a descriptor as ${exact}`, () => {
    equal(formatBytes(bytes), human);
    equal(formatDescriptorSize(bytes), exact);
  });
}

Deno.test("formatHeaders() sorts and capitalises names", () => {
  const headers = new Headers({ "ratelimit-limit": "100;w=1", "docker-content-digest": "sha256:x", etag: '"y"' });
  equal(formatHeaders(headers), 'Docker-Content-Digest: sha256:x\nEtag: "y"\nRatelimit-Limit: 100;w=1\n');
  equal(formatHeaders(undefined), "");
});

const a = `sha256:${"a".repeat(64)}`;
const b = `sha256:${"b".repeat(64)}`;

async function pretty(body: unknown): Promise<string> {
  const manifest = await parseManifest(new TextEncoder().encode(JSON.stringify(body)));
  return formatManifest(parseReference("registry.example.org/app:v2"), manifest)
    .replace(/(Digest: +)sha256:[0-9a-f]+/, "$1sha256:own");
}

Deno.test("formatManifest() lays out an index with everything a descriptor can have", async () => {
  const text = await pretty({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.index.v1+json",
    artifactType: "application/example",
    manifests: [{
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      digest: a,
      size: 10,
      artifactType: "application/other",
      urls: ["https://example.org/1", "https://example.org/2"],
      platform: { os: "windows", architecture: "amd64", "os.version": "10.0.1", "os.features": ["x", "y"] },
      annotations: { z: "1", b: "2" },
    }],
    subject: { mediaType: "application/octet-stream", digest: b, size: 100_001 },
    annotations: { "org.example.b": "B", "org.example.a": "A" },
  });
  equal(
    text,
    [
      "Name:            registry.example.org/app:v2",
      "MediaType:       application/vnd.oci.image.index.v1+json",
      "ArtifactType:    application/example",
      "Digest:          sha256:own",
      "Annotations:     ",
      "  org.example.a: A",
      "  org.example.b: B",
      "                 ",
      "Manifests:       ",
      "                 ",
      `  Name:          registry.example.org/app:v2@${a}`,
      `  Digest:        ${a}`,
      "  MediaType:     application/vnd.oci.image.manifest.v1+json",
      "  ArtifactType:  application/other",
      "  Platform:      windows/amd64",
      "  OSVersion:     10.0.1",
      "  OSFeatures:    x, y",
      "  URLs:          https://example.org/1, https://example.org/2",
      "  Annotations:   ",
      "    b:           2",
      "    z:           1",
      "                 ",
      "Subject:         ",
      `  Digest:        ${b}`,
      "  MediaType:     application/octet-stream",
      "  Size:          100.001kB",
      "",
    ].join("\n"),
  );
});

Deno.test("formatManifest() lays out the withdrawn artifact manifest", async () => {
  const text = await pretty({
    mediaType: "application/vnd.oci.artifact.manifest.v1+json",
    artifactType: "application/example",
    blobs: [{ mediaType: "text/plain", digest: a, size: 5, annotations: {} }],
  });
  equal(
    text,
    [
      "Name:          registry.example.org/app:v2",
      "MediaType:     application/vnd.oci.artifact.manifest.v1+json",
      "ArtifactType:  application/example",
      "Digest:        sha256:own",
      "Total Size:    5.000B",
      "               ",
      "Blobs:         ",
      "               ",
      `  Digest:      ${a}`,
      "  MediaType:   text/plain",
      "  Size:        5B",
      "  Annotations: ",
      "",
    ].join("\n"),
  );
});

Deno.test("formatManifest() lays out a Docker schema 1 manifest", async () => {
  const text = await pretty({ schemaVersion: 1, name: "app", tag: "v2", fsLayers: [{ blobSum: a }, { blobSum: b }] });
  match(text, /\n {11}\nLayers: {4}\n {2}Digest: {2}sha256:a+\n {2}Digest: {2}sha256:b+\n$/);
  ok(!text.includes("Total Size"));
});
