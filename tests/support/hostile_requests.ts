/** Requests that no honest client sends, and how a registry must answer them. */

import { type Bait, digests, get, type HostileRequest, names, traversals, zeros } from "./hostile_paths.ts";

const manifestType = "application/vnd.oci.image.manifest.v1+json";
const indexType = "application/vnd.oci.image.index.v1+json";
/** All of them. */
export function hostileRequests(bait: Bait): readonly HostileRequest[] {
  return [
    ...traversals(),
    ...names(),
    ...digests(bait),
    ...blobRanges(bait),
    ...chunks(bait),
    ...manifests(bait),
    ...parameters(),
    ...oversized(bait),
    ...methods(bait),
    ...malformed(),
  ];
}

function blobRanges({ blob }: Bait): readonly HostileRequest[] {
  const ranges: readonly (readonly [string, number])[] = [
    ["bytes=0-0", 206],
    ["bytes=5-2", 416],
    ["bytes=10-", 416],
    ["bytes=-0", 416],
    ["bytes=-999999999999999999999", 206],
    ["bytes=999999999999999999999-", 416],
    ["bytes=0-999999999999999999999", 206],
    ["bytes=", 200],
    ["bytes=-", 200],
    ["bytes=a-b", 200],
    ["bytes=0x0-0x1", 200],
    ["items=0-1", 200],
    ["bytes=0-1,0-1,0-1", 200],
    [`bytes=${"0-1,".repeat(1000)}0-1`, 200],
    ["bytes=--1", 200],
  ];
  return ranges.map(([range, status]) =>
    get(`range ${range.slice(0, 30)}`, `/v2/app/blobs/${blob}`, status, undefined, [`Range: ${range}`])
  );
}

function chunks({ upload }: Bait): readonly HostileRequest[] {
  const bad: readonly (readonly [string, string, number, string])[] = [
    ["0-4", "aaaaa", 416, "BLOB_UPLOAD_INVALID"],
    ["6-10", "aaaaa", 416, "BLOB_UPLOAD_INVALID"],
    ["5-4", "", 400, "SIZE_INVALID"],
    ["5-99", "aaaaa", 400, "SIZE_INVALID"],
    ["5-5", "aaaaa", 400, "SIZE_INVALID"],
    ["-5-9", "aaaaa", 400, "BLOB_UPLOAD_INVALID"],
    ["5", "aaaaa", 400, "BLOB_UPLOAD_INVALID"],
    ["5-", "aaaaa", 400, "BLOB_UPLOAD_INVALID"],
    ["items 5-9", "aaaaa", 400, "BLOB_UPLOAD_INVALID"],
    ["5-9/10", "aaaaa", 400, "BLOB_UPLOAD_INVALID"],
    ["99999999999999999999-99999999999999999999", "a", 416, "BLOB_UPLOAD_INVALID"],
    ["0x5-0x9", "aaaaa", 400, "BLOB_UPLOAD_INVALID"],
    ["NaN-NaN", "aaaaa", 400, "BLOB_UPLOAD_INVALID"],
  ];
  return bad.map(([range, body, status, code]) => ({
    title: `chunk ${range}`,
    method: "PATCH",
    path: upload,
    headers: [`Content-Range: ${range}`],
    body,
    status,
    code,
  }));
}

function manifests({ document, blob }: Bait): readonly HostileRequest[] {
  const nested = (count: number) => `${"[".repeat(count)}${"]".repeat(count)}`;
  const image = (more: object) => JSON.stringify({ ...document, ...more });
  const layer = { mediaType: "application/vnd.oci.image.layer.v1.tar", digest: blob, size: 10 };
  const bad: readonly (readonly [string, string])[] = [
    ["nothing", ""],
    ["no JSON", "hello"],
    ["half of it", image({}).slice(0, 50)],
    ["more behind it", `${image({})}{}`],
    ["a list", "[]"],
    ["null", "null"],
    ["a number", "1e999999"],
    ["deep lists", `{"a":${nested(65)}}`],
    ["very deep lists", nested(200_000)],
    ["deep objects", `${'{"a":'.repeat(100)}1${"}".repeat(100)}`],
    ["open brackets", "[".repeat(1_000_000)],
    ["a byte order mark", `\ufeff${image({})}`],
    ["another version", image({ schemaVersion: 1 })],
    ["a version as text", image({ schemaVersion: "2" })],
    ["another type inside", image({ mediaType: indexType })],
    ["layers that are no list", image({ layers: {} })],
    ["layers of nothing", image({ layers: [null] })],
    ["no config", image({ config: null })],
    ["manifests in an image", image({ manifests: [] })],
    ["a negative size", image({ layers: [{ ...layer, size: -1 }] })],
    ["a broken size", image({ layers: [{ ...layer, size: 1.5 }] })],
    ["a huge size", image({ layers: [{ ...layer, size: 1e300 }] })],
    ["another size", image({ layers: [{ ...layer, size: 11 }] })],
    ["a digest with a path", image({ layers: [{ ...layer, digest: "sha256:../../etc/passwd" }] })],
    ["a digest of no form", image({ layers: [{ ...layer, digest: "x" }] })],
    ["data of another digest", image({ layers: [{ ...layer, data: "aGFsbG8gd2VsdA==" }] })],
    ["data that is no base64", image({ layers: [{ ...layer, data: "!!" }] })],
    ["a subject of no form", image({ subject: { digest: "x" } })],
    ["too many descriptors", image({ layers: Array.from({ length: 10_001 }, () => layer) })],
  ];
  const put = (title: string, body: string, status: number, code: string, type: string = manifestType) => ({
    title: `manifest: ${title}`,
    method: "PUT",
    path: "/v2/app/manifests/evil",
    headers: [`Content-Type: ${type}`],
    body,
    status,
    code,
  });
  return [
    ...bad.map(([title, body]) => put(title, body, 400, "MANIFEST_INVALID")),
    put(
      "a missing layer",
      image({ layers: [{ ...layer, digest: `sha256:${zeros(64)}` }] }),
      400,
      "MANIFEST_BLOB_UNKNOWN",
    ),
    put("type of no manifest", image({}), 400, "MANIFEST_INVALID", "text/html"),
    put("type of something else", "{}", 400, "MANIFEST_INVALID", "application/json"),
    put("an image as index", image({}), 400, "MANIFEST_INVALID", indexType),
    { ...put("another digest", image({}), 400, "DIGEST_INVALID"), path: `/v2/app/manifests/sha256:${zeros(64)}` },
    { ...put("a bad tag", image({}), 400, "MANIFEST_INVALID"), path: "/v2/app/manifests/-evil" },
    { ...put("too long", " ".repeat(8 * 1024 * 1024 + 1), 413, "MANIFEST_INVALID") },
  ];
}

function parameters(): readonly HostileRequest[] {
  const bad = ["-1", "x", "1e3", "0x10", "1.5", "%00", "NaN"];
  return [
    ...bad.map((n) => get(`n=${n}`, `/v2/app/tags/list?n=${n}`, 400, "UNSUPPORTED")),
    ...bad.map((n) => get(`catalog n=${n}`, `/v2/_catalog?n=${n}`, 400, "UNSUPPORTED")),
    get("huge n", `/v2/app/tags/list?n=${"9".repeat(400)}`, 200),
    get("odd last", "/v2/app/tags/list?last=%00%ff%2e%2e", 200),
    get("broken encoding in the query", "/v2/app/tags/list?last=%zz&n=%", 400, "UNSUPPORTED"),
    get("prototype as parameter", "/v2/app/tags/list?__proto__=1&constructor=1", 200),
  ];
}

function oversized(bait: Bait): readonly HostileRequest[] {
  return [
    get("long URL", `/v2/app/tags/list?last=${"a".repeat(8200)}`, 414, "UNSUPPORTED"),
    get("long path", `/v2/${"a/".repeat(4100)}tags/list`, 414, "UNSUPPORTED"),
    get("endless URL", `/v2/${"a".repeat(70_000)}`, 414, "UNSUPPORTED"),
    get("long headers", "/v2/", 431, "UNSUPPORTED", [`X-Long: ${"a".repeat(33_000)}`]),
    get("many headers", "/v2/", 431, "UNSUPPORTED", Array.from({ length: 200 }, (_, at) => `X-${at}: a`)),
    get("long login", "/v2/", 431, "UNSUPPORTED", [`Authorization: Basic ${"a".repeat(33_000)}`]),
    {
      title: "manifest of a stated terabyte",
      method: "PUT",
      path: "/v2/app/manifests/evil",
      headers: [`Content-Type: ${manifestType}`, "Content-Length: 1000000000000"],
      status: 413,
      code: "MANIFEST_INVALID",
    },
    {
      title: "blob over the limit",
      method: "POST",
      path: `/v2/app/blobs/uploads/?digest=sha256:${zeros(64)}`,
      body: "x".repeat(200_001),
      status: 413,
      code: "SIZE_INVALID",
    },
    {
      title: "chunk over the limit",
      method: "PATCH",
      path: bait.upload,
      body: "x".repeat(200_001),
      status: 413,
      code: "SIZE_INVALID",
    },
    {
      title: "too many tags",
      method: "PUT",
      path: `/v2/app/manifests/${bait.manifest}?${Array.from({ length: 101 }, (_, at) => `tag=t${at}`).join("&")}`,
      headers: [`Content-Type: ${manifestType}`],
      body: JSON.stringify(bait.document),
      status: 414,
      code: "UNSUPPORTED",
    },
  ];
}

function methods({ blob, upload }: Bait): readonly HostileRequest[] {
  const wrong: readonly (readonly [string, string])[] = [
    ["POST", "/v2/"],
    ["PUT", `/v2/app/blobs/${blob}`],
    ["PATCH", "/v2/app/manifests/v1"],
    ["POST", "/v2/app/tags/list"],
    ["DELETE", "/v2/_catalog"],
    ["POST", upload],
    ["GET", "/v2/app/blobs/uploads/"],
    ["TRACE", "/v2/"],
    ["PROPFIND", "/v2/app/manifests/v1"],
  ];
  return wrong.map(([method, path]) => ({ title: "wrong method", method, path, status: 405, code: "UNSUPPORTED" }));
}

/** What is refused before the registry sees it. */
function malformed(): readonly HostileRequest[] {
  const request = (title: string, method: string, path: string, headers: readonly string[] = [], status = 400) => ({
    title: `malformed: ${title}`,
    method,
    path,
    headers,
    status,
    code: "UNSUPPORTED",
  });
  return [
    request("blank in the path", "GET", "/v2/a b"),
    request("NUL in the path", "GET", "/v2/a\0b"),
    request("strange method", "G@T", "/v2/"),
    request("tunnel", "CONNECT", "/v2/"),
    request("folded header", "GET", "/v2/", ["X: a\r\n b"]),
    request("NUL in a header", "GET", "/v2/", ["X: a\0b"]),
    request("blank before the colon", "GET", "/v2/", ["X : a"]),
    request("two lengths", "POST", "/v2/app/blobs/uploads/", ["Content-Length: 5", "Content-Length: 6"]),
    request("negative length", "POST", "/v2/app/blobs/uploads/", ["Content-Length: -5"]),
    request("length beyond numbers", "POST", "/v2/app/blobs/uploads/", [`Content-Length: ${"9".repeat(30)}`]),
    request("length and chunks", "POST", "/v2/app/blobs/uploads/", ["Content-Length: 5", "Transfer-Encoding: chunked"]),
    request("unknown transfer coding", "POST", "/v2/app/blobs/uploads/", ["Transfer-Encoding: gzip"]),
  ];
}
