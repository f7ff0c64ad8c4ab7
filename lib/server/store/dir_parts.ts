/**
 * What the repositories of a directory store share.
 *
 * @module
 */

import type { BlobPlaces } from "./blob_places.ts";
import type { ByteCache } from "./byte_cache.ts";
import type { DirectoryFiles } from "./dir_files.ts";
import type { DirectoryGuests } from "./dir_guests.ts";
import type { DirectoryRepository } from "./dir_repository.ts";
import type { DirectorySettings } from "./dir_options.ts";

/** What the repositories of a directory store share. */
export interface DirectoryParts {
  /** The directory of all repositories, without links. */
  readonly root: string;
  /** How files are kept. */
  readonly settings: DirectorySettings;
  /** The manifests that were used last. */
  readonly cache: ByteCache;
  /** Which repositories hold which blobs. */
  readonly places: BlobPlaces;
  /** Who is putting files into which directory. */
  readonly guests: DirectoryGuests;
  /** Called when a repository takes the hold on its content, which somebody has to end. */
  readonly onHold: (repository: DirectoryRepository) => void;
  /** Finds the files of another repository; `undefined` when it does not exist. */
  readonly filesOf: (name: string) => Promise<DirectoryFiles | undefined>;
}
