/**
 * Talks to a registry's handler as a client would, without a port.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { mediaTypes } from "../../lib/oci/media_type.ts";

/** What a request may carry. */
export interface ApiRequest {
  /** Headers. */
  readonly headers?: Record<string, string>;
  /** The body; text and bytes get a `Content-Length`, streams do not. */
  readonly body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** An answer that was read to its end. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The body as text. */
  readonly text: string;
  /** The body as JSON; fails the test when it is none. */
  json(): unknown;
  /** The codes of the error document. */
  codes(): string[];
}

/** The media type of layers in these tests. */
export const layerType = mediaTypes.ociLayer;

/** A client of one handler. */
export class RegistryApi {
  /** Wraps a handler. */
  constructor(readonly handler: (request: Request) => Promise<Response>) {}

  /** Sends a request. */
  async send(method: string, path: string, request: ApiRequest = {}): Promise<ApiAnswer> {
    const headers = new Headers(request.headers);
    const { body } = request;
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    if (bytes instanceof Uint8Array && !headers.has("content-length")) headers.set("content-length", `${bytes.length}`);
    const url = path.startsWith("http") ? path : `http://registry.test${path}`;
    const response = await this.handler(new Request(url, { method, headers, body: bytes ?? null }));
    const answer = new Uint8Array(await response.arrayBuffer());
    const text = new TextDecoder().decode(answer);
    const json = (): unknown => JSON.parse(text);
    return {
      status: response.status,
      headers: response.headers,
      bytes: answer,
      text,
      json,
      codes: () => (json() as { errors: { code: string }[] }).errors.map(({ code }) => code),
    };
  }

  /** Sends a request and checks the status; with a code also the error document. */
  async expect(
    status: number,
    method: string,
    path: string,
    request: ApiRequest = {},
    code?: string,
  ): Promise<ApiAnswer> {
    const answer = await this.send(method, path, request);
    assert.equal(answer.status, status, `${method} ${path}: ${answer.status} ${answer.text}`);
    if (code !== undefined) assert.deepEqual([...new Set(answer.codes())], [code]);
    return answer;
  }

  /** Begins an upload and gives its location. */
  async begin(name: string, query = ""): Promise<string> {
    const { headers } = await this.expect(202, "POST", `/v2/${name}/blobs/uploads/${query}`);
    return headers.get("location") ?? assert.fail("no location");
  }

  /** Pushes a blob by POST and PUT. */
  async pushBlob(name: string, content: string | Uint8Array<ArrayBuffer>, algorithm = "sha256"): Promise<Descriptor> {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const digest = await digestBytes(bytes, algorithm);
    const location = await this.begin(name);
    await this.expect(201, "PUT", `${location}&digest=${digest}`, { body: bytes });
    return { mediaType: layerType, digest, size: bytes.length };
  }

  /** Pushes a manifest; by digest unless a tag is given. */
  async pushManifest(name: string, document: object, tag?: string, mediaType?: string): Promise<Descriptor> {
    const body = JSON.stringify(document);
    const digest = await digestBytes(new TextEncoder().encode(body));
    const type = mediaType ?? (document as { mediaType: string }).mediaType;
    await this.expect(201, "PUT", `/v2/${name}/manifests/${tag ?? digest}`, {
      body,
      headers: { "content-type": type },
    });
    return { mediaType: type, digest, size: body.length };
  }

  /** Pushes an image with one layer. */
  async pushImage(name: string, content: string, tag?: string, more: object = {}): Promise<Descriptor> {
    return await this.pushManifest(name, { ...await this.image(name, content), ...more }, tag);
  }

  /** Pushes what an image needs and gives its manifest. */
  async image(name: string, content: string): Promise<Record<string, unknown>> {
    const config = { ...await this.pushBlob(name, `{"config":"${content}"}`), mediaType: mediaTypes.ociConfig };
    const layer = await this.pushBlob(name, content);
    return { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [layer] };
  }
}

/** The document of an index. */
export function indexOf(manifests: readonly Descriptor[], more: object = {}): Record<string, unknown> {
  return { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests, ...more };
}
