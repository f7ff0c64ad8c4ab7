/**
 * The uploads that an earlier run left in a repository directory.
 *
 * @module
 */

import { isMissing } from "../../layout/io_error.ts";
import { uploadsName } from "./dir_paths.ts";
import { DirectoryUpload, type UploadHome } from "./dir_upload.ts";
import type { EarlierUploads } from "./store.ts";

const aboutEnd = ".json";

/**
 * Makes the view of a repository's uploads.
 *
 * @param home What uploads need of their repository.
 * @returns The uploads.
 */
export function earlierUploads(home: UploadHome): EarlierUploads {
  return {
    async *ids() {
      try {
        for await (const { name, isFile } of Deno.readDir(`${home.files.path}/${uploadsName}`)) {
          if (isFile && name.endsWith(aboutEnd)) yield name.slice(0, -aboutEnd.length);
        }
      } catch (error) {
        if (!isMissing(error)) throw error;
      }
    },
    resume: (id) => DirectoryUpload.resume(id, home),
  };
}
