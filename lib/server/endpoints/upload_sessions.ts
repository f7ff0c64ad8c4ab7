/**
 * The uploads that are open: found by repository and id, bound to their user, limited in number, idle time and room.
 *
 * @module
 */

import type { Logger } from "../../log.ts";
import type { Digest } from "../../oci/digest.ts";
import type { ApiError } from "../api_error.ts";
import type { Quota } from "../limits/quota.ts";
import type { RepositoryStore } from "../store/store.ts";
import { uploadGone } from "../store/upload_gone.ts";
import { Upload } from "./upload.ts";

/** Limits of {@linkcode UploadSessions}. */
export interface UploadLimits {
  /** How many uploads a repository may have open. */
  readonly maxUploads: number;
  /** The time after which an idle upload is removed, in milliseconds. */
  readonly uploadIdleMs: number;
  /** Whether nothing may be removed. */
  readonly isReadOnly: boolean;
  /** The time in milliseconds since the epoch. */
  readonly now: () => number;
}

/** What {@linkcode UploadSessions} works with. */
export interface UploadSessionParts {
  /** The limits of space, if there are any. */
  readonly quota: Quota | undefined;
  /** Takes log lines. */
  readonly logger: Logger;
}

const idForm = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Keeps track of the open uploads of all repositories. */
export class UploadSessions {
  readonly #limits: UploadLimits;
  readonly #parts: UploadSessionParts;
  // Each inner map is ordered by last use, so that the one idle for longest comes first.
  readonly #open = new Map<string, Map<string, Upload>>();
  readonly #beginning = new Map<string, number>();
  // Their files are there until they are removed: nobody may take them for an earlier run's.
  readonly #ending = new Set<string>();
  readonly #adopted = new WeakMap<RepositoryStore, Promise<void>>();
  readonly #storing = new Map<string, Promise<void>>();

  /**
   * Creates an empty set of uploads.
   *
   * @param limits The limits.
   * @param parts What it works with.
   */
  constructor(limits: UploadLimits, parts: UploadSessionParts) {
    this.#limits = limits;
    this.#parts = parts;
  }

  /** How many uploads are open, those left out that nobody may go on with any more. */
  get count(): number {
    const oldest = this.#oldest();
    let count = 0;
    for (const group of this.#open.values()) {
      for (const upload of group.values()) if (upload.isBusy || upload.usedAt >= oldest) count++;
    }
    return count;
  }

  /**
   * Begins an upload. Those that expired go, whatever their repository; the one idle for longest makes room when there are too
   * many.
   *
   * @param repository The repository it will belong to.
   * @param user The user who begins it.
   * @param algorithm The algorithm to hash with.
   * @returns The upload.
   * @throws {ApiError} 507 when the disk is as good as full.
   */
  async begin(repository: RepositoryStore, user: string, algorithm: string): Promise<Upload> {
    const { name } = repository;
    // Those that begin at the same time count too, though they are not open yet.
    this.#beginning.set(name, (this.#beginning.get(name) ?? 0) + 1);
    try {
      await this.#adopt(repository);
      await this.#endIdle(name);
      using stack = new DisposableStack();
      const room = stack.use(await this.#parts.quota?.hold(name, 0));
      const file = await repository.beginUpload({ id: crypto.randomUUID(), user, algorithm });
      stack.move();
      return this.#keep(new Upload(repository, file, this.#limits.now(), room));
    } finally {
      const left = (this.#beginning.get(name) ?? 1) - 1;
      if (left > 0) this.#beginning.set(name, left);
      else this.#beginning.delete(name);
    }
  }

  /**
   * Finds an upload, also one that was begun before a restart.
   *
   * @param repository The repository it must belong to.
   * @param id Its id.
   * @param user The user who must have begun it.
   * @returns The upload, unless it ended, expired or is somebody else's.
   */
  async find(repository: RepositoryStore | undefined, id: string, user: string): Promise<Upload | undefined> {
    if (repository === undefined || !idForm.test(id)) return undefined;
    const upload = this.#open.get(repository.name)?.get(id) ?? await this.#resume(repository, id);
    if (upload === undefined || upload.file.user !== user) return undefined;
    if (upload.isBusy || upload.usedAt >= this.#oldest()) return upload;
    if (!this.#limits.isReadOnly) await this.end(upload);
    return undefined;
  }

  /**
   * Looks at an upload that was found, which is a use of it.
   *
   * @param upload The upload.
   * @returns Whether it is there: the store removes by itself what got no bytes for long.
   */
  async look(upload: Upload): Promise<boolean> {
    const isThere = upload.isBusy || await upload.isThere();
    if (isThere) this.#use(upload);
    else if (!upload.isBusy && !this.#limits.isReadOnly) await this.end(upload);
    return isThere;
  }

  /**
   * Runs a change of an upload while no other request can change it. Its idle time begins when that is done.
   *
   * @typeParam T What the change gives.
   * @param upload The upload.
   * @param change The change.
   * @returns What it gave.
   * @throws {ApiError} 409 `BLOB_UPLOAD_INVALID` when another request is at it; 404 when it was ended.
   */
  async change<T>(upload: Upload, change: () => Promise<T>): Promise<T> {
    return await upload.alone(async () => {
      try {
        return await change();
      } finally {
        if (upload.isOver) this.#forget(upload);
        else this.#use(upload);
      }
    });
  }

  /**
   * Verifies an upload and makes it a blob of its repository. Called during a change.
   *
   * @param upload The upload.
   * @param digest The digest it must have.
   * @throws {ApiError} 400 `DIGEST_INVALID`; 404 when it was ended.
   */
  async store(upload: Upload, digest: Digest): Promise<void> {
    await upload.verify(digest);
    if (!upload.hasRoomLimit) return await upload.commit(digest);
    // Of two that bring the same blob at the same time, the second must see what the first stored, to count it once.
    const key = `${upload.repository.name}@${digest}`;
    const turn = Promise.allSettled([this.#storing.get(key)]).then(() => upload.commit(digest));
    this.#storing.set(key, turn);
    try {
      await turn;
    } finally {
      if (this.#storing.get(key) === turn) this.#storing.delete(key);
    }
  }

  /**
   * Ends an upload: the request that is at it fails, and its bytes are removed.
   *
   * @param upload The upload.
   * @param reason What that request fails with.
   * @returns Whether it was open until now.
   */
  async end(upload: Upload, reason: ApiError = uploadGone()): Promise<boolean> {
    if (!this.#forget(upload)) return false;
    const { id } = upload.file;
    this.#ending.add(id);
    try {
      return await upload.cancel(reason);
    } finally {
      this.#ending.delete(id);
    }
  }

  #oldest(): number {
    return this.#limits.now() - this.#limits.uploadIdleMs;
  }

  #isOpen(upload: Upload): boolean {
    return this.#open.get(upload.repository.name)?.get(upload.file.id) === upload;
  }

  #forget(upload: Upload): boolean {
    if (!this.#isOpen(upload)) return false;
    const { repository: { name }, file: { id } } = upload;
    const group = this.#open.get(name);
    group?.delete(id);
    if (group?.size === 0) this.#open.delete(name);
    return true;
  }

  /** One that was ended meanwhile stays so. */
  #use(upload: Upload): void {
    if (this.#isOpen(upload)) this.#keep(upload);
  }

  #keep(upload: Upload, usedAt: number = this.#limits.now()): Upload {
    const { repository: { name }, file: { id } } = upload;
    let group = this.#open.get(name);
    if (group === undefined) this.#open.set(name, group = new Map());
    group.delete(id);
    group.set(id, upload);
    upload.usedAt = usedAt;
    return upload;
  }

  async #resume(repository: RepositoryStore, id: string): Promise<Upload | undefined> {
    if (this.#ending.has(id)) return undefined;
    const file = await repository.earlierUploads?.resume(id);
    // Another request may have resumed it meanwhile, and even ended it: there must be one owner.
    const present = this.#open.get(repository.name)?.get(id);
    if (file === undefined || present !== undefined || this.#ending.has(id)) return present;
    const room = this.#parts.quota?.adopt(repository.name, file.size);
    return this.#keep(new Upload(repository, file, file.changedAt, room), file.changedAt);
  }

  /** What an earlier run left open counts too; once is enough, since later ones are begun here. */
  #adopt(repository: RepositoryStore): Promise<void> | undefined {
    if (repository.earlierUploads === undefined) return undefined;
    let adopted = this.#adopted.get(repository);
    if (adopted === undefined) this.#adopted.set(repository, adopted = this.#adoptAll(repository));
    return adopted;
  }

  async #adoptAll(repository: RepositoryStore): Promise<void> {
    const { name, earlierUploads } = repository;
    try {
      for await (const id of earlierUploads?.ids() ?? []) {
        if (idForm.test(id) && this.#open.get(name)?.has(id) !== true) await this.#resume(repository, id);
      }
    } catch (error) {
      this.#adopted.delete(repository);
      throw error;
    }
    const group = this.#open.get(name);
    if (group === undefined) return;
    const byUse = [...group].sort(([, left], [, right]) => left.usedAt - right.usedAt);
    group.clear();
    for (const [id, upload] of byUse) group.set(id, upload);
  }

  /** Idle ones of other repositories go too: nobody may ever come back to those, and they hold room. */
  async #endIdle(name: string): Promise<void> {
    const oldest = this.#oldest();
    const idle: Upload[] = [];
    for (const [each, group] of this.#open) {
      let surplus = each === name ? group.size + (this.#beginning.get(name) ?? 0) - this.#limits.maxUploads : 0;
      for (const upload of group.values()) {
        if (upload.isBusy) continue;
        if (surplus <= 0 && upload.usedAt >= oldest) break;
        surplus--;
        idle.push(upload);
      }
    }
    await Promise.all(idle.map((upload) => this.#endQuietly(upload)));
  }

  /** What cannot be removed of another upload is no reason to refuse this one. */
  async #endQuietly(upload: Upload): Promise<void> {
    try {
      await this.end(upload);
    } catch (error) {
      const { repository: { name: repository }, file: { id } } = upload;
      this.#parts.logger.log("warn", "an idle upload could not be removed", { repository, id, error });
    }
  }
}
