/**
 * Clients of a registry that push, pull and delete at random, remember what was acknowledged, and check it afterwards.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { digestBytes } from "../../lib/oci/digest.ts";
import { mediaTypes } from "../../lib/oci/media_type.ts";
import { randomBytes } from "./random_image.ts";

/** Sends a request to the registry. */
export type Send = (path: string, init?: RequestInit) => Promise<Response>;

/** Numbers from a seed, so that a run can be repeated. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state ^ (state >>> 15)) >>> 0) % below;
  };
}

/** One client with tags of its own in a repository it shares with others. */
export class LoadClient {
  /** What each tag points at: the value that was acknowledged last, and one that may have been stored without a word. */
  readonly tags = new Map<string, { acknowledged: string | undefined; pending: string | undefined }>();
  /** Blobs and manifests that were acknowledged and not deleted. */
  readonly content = new Map<string, "blobs" | "manifests">();
  readonly #send: Send;
  readonly #random: (below: number) => number;
  readonly #onAcknowledged: () => void;
  #serial = 0;

  constructor(
    readonly name: string,
    readonly repository: string,
    options: { readonly send: Send; readonly seed: number; readonly onAcknowledged?: () => void },
  ) {
    this.#send = options.send;
    this.#random = seeded(options.seed);
    this.#onAcknowledged = options.onAcknowledged ?? (() => {});
  }

  /** Pushes one image under one of its tags. */
  async pushImage(): Promise<void> {
    const config = await this.pushBlob(mediaTypes.ociConfig);
    const layers = [await this.pushBlob(mediaTypes.ociLayer), await this.pushBlob(mediaTypes.ociLayer)];
    const subject = this.#random(4) === 0 ? this.#someManifest() : undefined;
    const document = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers, ...subject };
    const body = JSON.stringify(document);
    const digest = await digestBytes(new TextEncoder().encode(body));
    const tag = `${this.name}-${this.#random(4)}`;
    const state = this.tags.get(tag) ?? { acknowledged: undefined, pending: undefined };
    this.tags.set(tag, state);
    state.pending = digest;
    const headers = { "content-type": mediaTypes.ociManifest };
    await this.#expect(201, `manifests/${tag}`, { method: "PUT", body, headers });
    state.acknowledged = digest;
    state.pending = undefined;
    this.content.set(digest, "manifests");
  }

  /** Pushes one blob in one of the ways there are. */
  async pushBlob(mediaType: string): Promise<Descriptor> {
    const size = this.#random(3) === 0 ? this.#random(300_000) : this.#random(3_000);
    const bytes = randomBytes(size + 1, this.#random(2 ** 31) + this.#serial++);
    const digest = await digestBytes(bytes);
    const way = this.#random(3);
    if (way === 0) {
      await this.#expect(201, `blobs/uploads/?digest=${digest}`, { method: "POST", body: bytes });
    } else {
      let location = await this.#begin();
      if (way === 1) {
        const half = bytes.length >> 1;
        const headers = { "content-range": `0-${half - 1}` };
        if (half > 0) location = await this.#append(location, bytes.subarray(0, half), headers);
        await this.#put(`${location}&digest=${digest}`, bytes.subarray(half));
      } else await this.#put(`${location}&digest=${digest}`, bytes);
    }
    this.content.set(digest, "blobs");
    return { mediaType, digest, size: bytes.length };
  }

  /** Does one thing at random. */
  async act(): Promise<void> {
    switch (this.#random(8)) {
      case 0:
      case 1:
        return await this.pushImage();
      case 2:
        await this.pushBlob(mediaTypes.ociLayer);
        return;
      case 3:
        return await this.#deleteTag();
      case 4:
        // The repository exists from the first push on.
        if (this.content.size > 0) await this.#expect(200, "tags/list?n=10000");
        return;
      case 5:
        return await this.#checkRange();
      default:
        return await this.#checkSome();
    }
  }

  /** Checks that everything that was acknowledged is there, byte by byte, and that tags point where they should. */
  async check(send: Send = this.#send): Promise<void> {
    for (const [digest, kind] of this.content) await this.#checkContent(send, kind, digest);
    for (const [tag, { acknowledged, pending }] of this.tags) {
      const answer = await send(`/v2/${this.repository}/manifests/${tag}`);
      const found = await digestBytes(new Uint8Array(await answer.arrayBuffer()));
      const actual = answer.status === 200 ? found : undefined;
      const isRight = actual === acknowledged || (pending !== undefined && actual === pending);
      assert.ok(isRight, `${tag} is ${actual}, should be ${acknowledged} or ${pending}`);
    }
  }

  async #checkContent(send: Send, kind: "blobs" | "manifests", digest: string): Promise<void> {
    const answer = await send(`/v2/${this.repository}/${kind}/${digest}`);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    assert.equal(answer.status, 200, `${this.repository} ${kind} ${digest} was acknowledged and is gone`);
    assert.equal(await digestBytes(bytes), digest);
  }

  async #checkSome(): Promise<void> {
    const some = this.#pick([...this.content]);
    if (some !== undefined) await this.#checkContent(this.#send, some[1], some[0]);
  }

  async #checkRange(): Promise<void> {
    const some = this.#pick([...this.content].filter(([, kind]) => kind === "blobs"));
    if (some === undefined) return;
    const whole = new Uint8Array(await (await this.#expect(200, `blobs/${some[0]}`)).arrayBuffer());
    const start = this.#random(whole.length);
    const path = `/v2/${this.repository}/blobs/${some[0]}`;
    const part = await this.#send(path, { headers: { range: `bytes=${start}-` } });
    assert.deepEqual(new Uint8Array(await part.arrayBuffer()), whole.subarray(start));
    assert.equal(part.status, 206);
  }

  async #deleteTag(): Promise<void> {
    const some = this.#pick([...this.tags].filter(([, { acknowledged }]) => acknowledged !== undefined));
    if (some === undefined) return;
    const [tag, state] = some;
    await this.#expect(202, `manifests/${tag}`, { method: "DELETE" });
    state.acknowledged = undefined;
  }

  #someManifest(): { readonly subject: Descriptor } | undefined {
    const some = this.#pick([...this.content].filter(([, kind]) => kind === "manifests"));
    return some && { subject: { mediaType: mediaTypes.ociManifest, digest: some[0], size: 1 } };
  }

  #pick<T>(list: readonly T[]): T | undefined {
    return list[this.#random(Math.max(list.length, 1))];
  }

  async #begin(): Promise<string> {
    return (await this.#expect(202, "blobs/uploads/", { method: "POST" })).headers.get("location") ?? "";
  }

  async #append(location: string, body: Uint8Array<ArrayBuffer>, headers: Record<string, string>): Promise<string> {
    const answer = await this.#send(location, { method: "PATCH", body, headers });
    await answer.body?.cancel();
    assert.equal(answer.status, 202);
    return answer.headers.get("location") ?? "";
  }

  async #put(location: string, body: Uint8Array<ArrayBuffer>): Promise<void> {
    const answer = await this.#send(location, { method: "PUT", body });
    await answer.body?.cancel();
    assert.equal(answer.status, 201);
    this.#onAcknowledged();
  }

  async #expect(status: number, path: string, init: RequestInit = {}): Promise<Response> {
    const answer = await this.#send(`/v2/${this.repository}/${path}`, init);
    const bytes = await answer.arrayBuffer();
    assert.equal(
      answer.status,
      status,
      `${init.method ?? "GET"} ${path}: ${new TextDecoder().decode(bytes.slice(0, 300))}`,
    );
    if (init.method !== undefined) this.#onAcknowledged();
    return new Response(bytes, { headers: answer.headers });
  }
}

/** Walks from every tag of a repository to every blob, and fails at a hole. */
export async function walkRepository(send: Send, repository: string): Promise<number> {
  const listing = await send(`/v2/${repository}/tags/list?n=10000`);
  const { tags }: { tags: readonly string[] } = await listing.json();
  let seen = 0;
  for (const tag of tags) {
    const answer = await send(`/v2/${repository}/manifests/${tag}`);
    assert.equal(answer.status, 200, tag);
    const { config, layers }: { config: Descriptor; layers: readonly Descriptor[] } = await answer.json();
    for (const { digest, size } of [config, ...layers]) {
      const blob = await send(`/v2/${repository}/blobs/${digest}`);
      const bytes = new Uint8Array(await blob.arrayBuffer());
      assert.equal(blob.status, 200, `${repository}:${tag} has lost ${digest}`);
      assert.equal(bytes.length, size);
      assert.equal(await digestBytes(bytes), digest);
      seen++;
    }
  }
  return seen;
}
