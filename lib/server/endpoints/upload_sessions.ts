/**
 * The uploads that are open: found by repository and id, bound to their user, limited in number and idle time.
 *
 * @module
 */

import type { RepositoryStore } from "../store/store.ts";
import { Upload } from "./upload.ts";

/** Limits of {@linkcode UploadSessions}. */
export interface UploadLimits {
  /** How many uploads a repository may have open. */
  readonly maxUploads: number;
  /** The time after which an idle upload is removed, in milliseconds. */
  readonly uploadIdleMs: number;
  /** The time in milliseconds since the epoch. */
  readonly now: () => number;
}

const idForm = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Keeps track of the open uploads of all repositories. */
export class UploadSessions {
  readonly #limits: UploadLimits;
  // Each inner map is ordered by last use, so that the one idle for longest comes first.
  readonly #open = new Map<string, Map<string, Upload>>();
  readonly #beginning = new Map<string, number>();
  readonly #adopted = new Map<string, Promise<void>>();

  /**
   * Creates an empty set of uploads.
   *
   * @param limits The limits.
   */
  constructor(limits: UploadLimits) {
    this.#limits = limits;
  }

  /** How many uploads are open, those left out that nobody may go on with any more. */
  get count(): number {
    const oldest = this.#limits.now() - this.#limits.uploadIdleMs;
    let count = 0;
    for (const group of this.#open.values()) {
      for (const upload of group.values()) if (upload.isBusy || upload.usedAt >= oldest) count++;
    }
    return count;
  }

  /**
   * Begins an upload. The one idle for longest makes room when there are too many.
   *
   * @param repository The repository it will belong to.
   * @param user The user who begins it.
   * @param algorithm The algorithm to hash with.
   * @returns The upload.
   */
  async begin(repository: RepositoryStore, user: string, algorithm: string): Promise<Upload> {
    const { name } = repository;
    // Those that begin at the same time count too, though they are not open yet.
    this.#beginning.set(name, (this.#beginning.get(name) ?? 0) + 1);
    try {
      await this.#adopt(repository);
      await this.#makeRoom(name);
      const file = await repository.beginUpload({ id: crypto.randomUUID(), user, algorithm });
      return this.#keep(new Upload(repository, file, this.#limits.now()));
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
    if (!upload.isBusy && this.#limits.now() - upload.usedAt > this.#limits.uploadIdleMs) {
      this.forget(upload);
      await upload.file.discard();
      return undefined;
    }
    return this.#keep(upload);
  }

  /**
   * Forgets an upload that ended.
   *
   * @param upload The upload.
   */
  forget(upload: Upload): void {
    const group = this.#open.get(upload.repository.name);
    group?.delete(upload.file.id);
    if (group?.size === 0) this.#open.delete(upload.repository.name);
  }

  async #resume(repository: RepositoryStore, id: string): Promise<Upload | undefined> {
    const file = await repository.earlierUploads?.resume(id);
    // Another request may have resumed it meanwhile: there must be one owner.
    const present = this.#open.get(repository.name)?.get(id);
    if (file === undefined || present !== undefined) return present;
    return this.#keep(new Upload(repository, file, file.changedAt), file.changedAt);
  }

  /** What an earlier run left open counts too; once is enough, since later ones are begun here. */
  #adopt(repository: RepositoryStore): Promise<void> {
    let adopted = this.#adopted.get(repository.name);
    if (adopted === undefined) this.#adopted.set(repository.name, adopted = this.#adoptAll(repository));
    return adopted;
  }

  async #adoptAll(repository: RepositoryStore): Promise<void> {
    const { name, earlierUploads } = repository;
    try {
      for await (const id of earlierUploads?.ids() ?? []) {
        if (idForm.test(id) && this.#open.get(name)?.has(id) !== true) await this.#resume(repository, id);
      }
    } catch (error) {
      this.#adopted.delete(name);
      throw error;
    }
    const group = this.#open.get(name);
    if (group === undefined) return;
    const byUse = [...group].sort(([, left], [, right]) => left.usedAt - right.usedAt);
    group.clear();
    for (const [id, upload] of byUse) group.set(id, upload);
  }

  #keep(upload: Upload, usedAt: number = this.#limits.now()): Upload {
    const name = upload.repository.name;
    let group = this.#open.get(name);
    if (group === undefined) this.#open.set(name, group = new Map());
    group.delete(upload.file.id);
    group.set(upload.file.id, upload);
    upload.usedAt = usedAt;
    return upload;
  }

  async #makeRoom(name: string): Promise<void> {
    const group = this.#open.get(name);
    if (group === undefined) return;
    const oldest = this.#limits.now() - this.#limits.uploadIdleMs;
    for (const upload of group.values()) {
      if (upload.isBusy) continue;
      const isRoom = group.size + (this.#beginning.get(name) ?? 0) <= this.#limits.maxUploads;
      if (isRoom && upload.usedAt >= oldest) return;
      this.forget(upload);
      await upload.file.discard();
    }
  }
}
