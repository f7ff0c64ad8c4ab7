/** Requests that no honest client sends, and how a registry must answer them. */

/** One request as it stands on the wire, and its answer. */
export interface HostileRequest {
  readonly title: string;
  readonly method: string;
  readonly path: string;
  readonly headers?: readonly string[];
  readonly body?: string;
  /** The status that must come; 0 for a connection that just ends. */
  readonly status: number;
  /** The code of the error document; none when the runtime answers itself, or when the answer is no error. */
  readonly code?: string;
}

/** What is in the repository `app` before. */
export interface Bait {
  /** A blob of ten bytes. */
  readonly blob: string;
  /** An image. */
  readonly manifest: string;
  /** The path of an open upload of five bytes. */
  readonly upload: string;
  /** The image's document. */
  readonly document: Readonly<Record<string, unknown>>;
}

const manifestType = "application/vnd.oci.image.manifest.v1+json";
const indexType = "application/vnd.oci.image.index.v1+json";
const zeros = (count: number) => "0".repeat(count);

const get = (title: string, path: string, status: number, code?: string, headers: readonly string[] = []) => ({
  title,
  method: "GET",
  path,
  status,
  headers,
  ...(code === undefined ? {} : { code }),
});

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

function traversals(): readonly HostileRequest[] {
  const segments = [
    "..",
    ".",
    "%2e%2e",
    "%2E%2e",
    ".%2e",
    "%2e",
    "..%2f..%2fetc",
    "%2fetc%2fpasswd",
    "a%2Fb",
    "..%5c..",
    "..\\..",
    "%00",
    "v1%00.json",
    "%zz",
    "%",
    "%ff",
    "%c0%ae%c0%ae",
  ];
  const places = [
    "/v2/#/tags/list",
    "/v2/app/#/x/manifests/v1",
    "/v2/app/manifests/#",
    "/v2/app/blobs/#",
    "/v2/app/referrers/#",
    "/v2/app/blobs/uploads/#",
  ];
  const crossed = places.flatMap((place) =>
    segments.map((segment) => get("traversal", place.replace("#", segment), 400, "NAME_INVALID"))
  );
  return [
    ...crossed,
    get("traversal to the top", "/../../../../etc/passwd", 400, "NAME_INVALID"),
    get("traversal within the API", "/v2/../v2/_catalog", 400, "NAME_INVALID"),
    get("empty segment", "/v2//tags/list", 400, "NAME_INVALID"),
    get("empty segments", "/v2/app//manifests/v1", 400, "NAME_INVALID"),
    get("empty reference", "/v2/app/manifests/", 400, "NAME_INVALID"),
    get("two slashes in front", "//v2/_catalog", 400, "NAME_INVALID"),
    get("doubly encoded dots in a name", "/v2/%252e%252e/tags/list", 400, "NAME_INVALID"),
    get("doubly encoded dots in a reference", "/v2/app/manifests/%252e%252e", 404, "MANIFEST_UNKNOWN"),
    { ...get("traversal by PUT", "/v2/app/manifests/..%2fx", 400, "NAME_INVALID"), method: "PUT", body: "{}" },
    { ...get("traversal by POST", "/v2/..%2fx/blobs/uploads/", 400, "NAME_INVALID"), method: "POST" },
    { ...get("traversal by DELETE", "/v2/app/blobs/..%2f..", 400, "NAME_INVALID"), method: "DELETE" },
    get("mount from outside", "/v2/app/tags/list?from=../../etc", 200),
  ];
}

function names(): readonly HostileRequest[] {
  const bad = [
    "APP",
    "_app",
    "app_",
    "a..b",
    "a___b",
    "-a",
    "a-",
    "a.-b",
    "%C3%A4",
    "a%20b",
    "a%0d%0aX-Evil:1",
    "a%3fb",
    "a%23b",
    "a:b",
    "a@b",
    "%25",
    ".lock",
    "_uploads",
    "~root",
    "a".repeat(300),
    `${"a/".repeat(150)}a`,
  ];
  return [
    ...bad.map((name) => get("bad name", `/v2/${name}/tags/list`, 400, "NAME_INVALID")),
    ...bad.slice(0, 12).map((name) => ({
      ...get("bad name in a push", `/v2/${name}/blobs/uploads/`, 400, "NAME_INVALID"),
      method: "POST",
    })),
    get("name of a file of ours", "/v2/app/index.json/tags/list", 404, "NAME_UNKNOWN"),
    get("name of a folder of ours", "/v2/app/blobs/sha256/tags/list", 404, "NAME_UNKNOWN"),
    get("bad tag", "/v2/app/manifests/-v1", 404, "MANIFEST_UNKNOWN"),
    get("long tag", `/v2/app/manifests/${"a".repeat(129)}`, 404, "MANIFEST_UNKNOWN"),
    get("tag with line feed", "/v2/app/manifests/a%0ab", 404, "MANIFEST_UNKNOWN"),
    get("upload that is no UUID", "/v2/app/blobs/uploads/index.json", 404, "BLOB_UPLOAD_UNKNOWN"),
    get("upload of nobody", "/v2/app/blobs/uploads/00000000-0000-4000-8000-000000000000", 404, "BLOB_UPLOAD_UNKNOWN"),
  ];
}

function digests(bait: Bait): readonly HostileRequest[] {
  const bad = [
    "sha256:",
    `sha256:${zeros(63)}`,
    `sha256:${zeros(65)}`,
    `sha256:${"A".repeat(64)}`,
    `sha256:${"g".repeat(64)}`,
    `SHA256:${zeros(64)}`,
    `sha512:${zeros(64)}`,
    `sha384:${zeros(96)}`,
    `md5:${zeros(32)}`,
    `sha256:${zeros(64)}:x`,
    ":",
    `sha256:${zeros(5000)}`,
  ];
  return [
    ...bad.flatMap((digest) => [
      get("bad digest of a blob", `/v2/app/blobs/${digest}`, 400, "DIGEST_INVALID"),
      get("bad digest of a manifest", `/v2/app/manifests/${digest}`, 400, "DIGEST_INVALID"),
      {
        ...get("bad digest in a push", `/v2/app/blobs/uploads/?digest=${digest}`, 400, "DIGEST_INVALID"),
        method: "POST",
      },
    ]),
    get("digest without algorithm", `/v2/app/blobs/${zeros(64)}`, 400, "DIGEST_INVALID"),
    get("bad digest of a subject", "/v2/app/referrers/sha256:x", 400, "DIGEST_INVALID"),
    { ...get("bad mount", "/v2/app/blobs/uploads/?mount=../x", 400, "DIGEST_INVALID"), method: "POST" },
    {
      ...get("unknown algorithm", "/v2/app/blobs/uploads/?digest-algorithm=md5", 400, "DIGEST_INVALID"),
      method: "POST",
    },
    {
      ...get("content of another digest", `/v2/app/blobs/uploads/?digest=sha256:${zeros(64)}`, 400, "DIGEST_INVALID"),
      method: "POST",
      body: "x",
    },
    { ...get("PUT without digest", bait.upload, 400, "DIGEST_INVALID"), method: "PUT" },
    get("layer as manifest", `/v2/app/manifests/${bait.blob}`, 404, "MANIFEST_UNKNOWN"),
    { ...get("blob in use", `/v2/app/blobs/${bait.blob}`, 405, "UNSUPPORTED"), method: "DELETE" },
    { ...get("manifest as blob", `/v2/app/blobs/${bait.manifest}`, 405, "UNSUPPORTED"), method: "DELETE" },
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
    ["5-4", "", 400, "BLOB_UPLOAD_INVALID"],
    ["5-99", "aaaaa", 400, "SIZE_INVALID"],
    ["5-5", "aaaaa", 400, "SIZE_INVALID"],
    ["-5-9", "aaaaa", 400, "BLOB_UPLOAD_INVALID"],
    ["5", "aaaaa", 400, "BLOB_UPLOAD_INVALID"],
    ["5-", "aaaaa", 400, "BLOB_UPLOAD_INVALID"],
    ["items 5-9", "aaaaa", 400, "BLOB_UPLOAD_INVALID"],
    ["5-9/10", "aaaaa", 400, "BLOB_UPLOAD_INVALID"],
    ["99999999999999999999-99999999999999999999", "a", 400, "BLOB_UPLOAD_INVALID"],
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
    get("URL beyond the runtime", `/v2/${"a".repeat(70_000)}`, 400),
    get("long headers", "/v2/", 431, "UNSUPPORTED", [`X-Long: ${"a".repeat(33_000)}`]),
    get("many headers", "/v2/", 400, undefined, Array.from({ length: 200 }, (_, at) => `X-${at}: a`)),
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

/** What the runtime's server refuses itself. */
function malformed(): readonly HostileRequest[] {
  const request = (title: string, method: string, path: string, headers: readonly string[] = [], status = 400) => ({
    title: `malformed: ${title}`,
    method,
    path,
    headers,
    status,
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
