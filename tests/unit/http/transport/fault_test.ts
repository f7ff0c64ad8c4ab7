import assert from "node:assert/strict";
import { RegkitError } from "../../../../lib/errors.ts";
import { newTransportError, toTransportError, TransportError } from "../../../../lib/http/transport/transport_error.ts";
import { innermostText, transportFault } from "../../../../lib/http/transport/transport_fault.ts";

/** What `fetch` throws: all that is known stands in the cause's text. */
function fetchError(text: string): TypeError {
  return new TypeError("fetch failed", { cause: new Error(text) });
}

function nodeError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

const url = new URL("https://registry.test/v2/?secret=hidden");
const sending = "error sending request for url (https://registry.test/v2/?secret=hidden): client error (Connect): ";

Deno.test.each([
  {
    key: "fetch UnknownIssuer",
    error: fetchError(`${sending}invalid peer certificate: UnknownIssuer`),
    want: "unknown-authority",
  },
  {
    key: "node self-signed",
    error: nodeError("DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed certificate"),
    want: "unknown-authority",
  },
  {
    key: "fetch CaUsedAsEndEntity",
    error: fetchError(`${sending}invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))`),
    want: "authority-as-leaf",
  },
  {
    key: "fetch expired",
    error: fetchError(`${sending}invalid peer certificate: certificate expired: verified at time 9 (UNIX)`),
    want: "expired",
  },
  { key: "node expired", error: nodeError("CERT_HAS_EXPIRED", "certificate has expired"), want: "expired" },
  {
    key: "fetch wrong name",
    error: fetchError(`${sending}invalid peer certificate: certificate not valid for name "a"`),
    want: "wrong-name",
  },
  {
    key: "node wrong name",
    error: nodeError("ERR_TLS_CERT_ALTNAME_INVALID", "Hostname/IP does not match"),
    want: "wrong-name",
  },
  {
    key: "fetch plain http",
    error: fetchError(`${sending}received corrupt message of type InvalidContentType`),
    want: "plain-http",
  },
  {
    key: "fetch handshake failure",
    error: fetchError(`${sending}received fatal alert: HandshakeFailure`),
    want: "tls",
  },
  {
    key: "fetch dns",
    error: fetchError(`${sending}dns error: failed to lookup address information: Name or service not known`),
    want: "dns",
  },
  {
    key: "fetch dns for now",
    error: fetchError(
      `${sending}dns error: failed to lookup address information: Temporary failure in name resolution`,
    ),
    want: "dns-temporary",
  },
  { key: "node dns", error: nodeError("ENOTFOUND", "getaddrinfo ENOTFOUND registry.test"), want: "dns" },
  {
    key: "fetch refused",
    error: fetchError(`${sending}tcp connect error: Connection refused (os error 111)`),
    want: "refused",
  },
  {
    key: "fetch reset",
    error: fetchError("client error (SendRequest): connection error: Connection reset by peer (os error 104)"),
    want: "reset",
  },
  { key: "node hang up", error: nodeError("ECONNRESET", "socket hang up"), want: "reset" },
  {
    key: "fetch closed",
    error: fetchError("client error (SendRequest): connection closed before message completed"),
    want: "broken",
  },
  { key: "body", error: new TypeError("error reading a body from connection"), want: "broken" },
  { key: "pipe", error: new Deno.errors.BrokenPipe("Broken pipe (os error 32)"), want: "broken" },
  { key: "no HTTP", error: fetchError("client error (SendRequest): invalid HTTP version parsed"), want: "malformed" },
  { key: "unreachable", error: nodeError("EHOSTUNREACH", "connect EHOSTUNREACH 10.0.0.1:443"), want: "unreachable" },
  {
    key: "timed out",
    error: fetchError(`${sending}tcp connect error: Connection timed out (os error 110)`),
    want: "timeout",
  },
  {
    key: "no permission",
    error: new Deno.errors.NotCapable('Requires net access to "registry.test"'),
    want: "permission",
  },
  { key: "anything else", error: new Error("surprise"), want: "other" },
])("transportFault() reads $key", ({ error, want }) => {
  assert.equal(transportFault(error), want);
});

Deno.test("innermostText() leaves out the URL", () => {
  assert.equal(innermostText(fetchError(`${sending}something new`)), "something new");
  assert.equal(innermostText(new Error("odd https://registry.test/?secret=hidden end")), "odd <url> end");
});

Deno.test("toTransportError() names host and port, and what to do", () => {
  const error = toTransportError(fetchError(`${sending}tcp connect error: Connection refused (os error 111)`), { url });
  assert(error instanceof TransportError);
  assert.equal(error.code, "TRANSPORT");
  assert.equal(error.message, "no answer from registry.test:443: connection refused");
  assert.match(error.tip ?? "", /port/);
  assert(!error.isPermanent);
  assert.doesNotMatch(Deno.inspect(error, { depth: 10 }), /hidden/);
});

Deno.test("toTransportError() says what the runtime said when it knows nothing better", () => {
  const error = toTransportError(fetchError(`${sending}something new`), { url: new URL("http://[::1]:5000/") });
  assert(error instanceof TransportError);
  assert.equal(error.message, "no answer from [::1]:5000: something new");
});

Deno.test("toTransportError() gives the reason of an aborted signal, and known errors as they are", () => {
  const reason = new Error("enough");
  assert.equal(toTransportError(new Error("x"), { url, signal: AbortSignal.abort(reason) }), reason);
  const known = new RegkitError("LOOP", "known");
  assert.equal(toTransportError(known, { url, signal: new AbortController().signal }), known);
});

Deno.test("newTransportError() tells which failures last", () => {
  for (const fault of ["dns", "expired", "unknown-authority", "plain-http", "permission"] as const) {
    assert(newTransportError(fault, { url }).isPermanent, fault);
  }
  for (const fault of ["dns-temporary", "refused", "reset", "broken", "timeout", "proxy"] as const) {
    assert(!newTransportError(fault, { url }).isPermanent, fault);
  }
});

Deno.test("newTransportError() names the host of the references in its tip", () => {
  const error = newTransportError("plain-http", { url: new URL("https://registry-1.docker.io/"), name: "docker.io" });
  assert.equal(error.code, "TLS");
  assert.match(error.tip ?? "", /regctl registry set --tls disabled docker\.io`/);
});
