/** Hostile paths, and the shape of all hostile requests. */

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

/** So many zeros. */
export const zeros = (count: number) => "0".repeat(count);

/** A GET and its answer. */
export const get = (
  title: string,
  path: string,
  status: number,
  code?: string,
  headers: readonly string[] = [],
): HostileRequest => ({
  title,
  method: "GET",
  path,
  status,
  headers,
  ...(code === undefined ? {} : { code }),
});

/** Paths that lead elsewhere. */
export function traversals(): readonly HostileRequest[] {
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

/** Names, tags and uploads that are none. */
export function names(): readonly HostileRequest[] {
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

/** Digests that are none, or that are not what they are used as. */
export function digests(bait: Bait): readonly HostileRequest[] {
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
