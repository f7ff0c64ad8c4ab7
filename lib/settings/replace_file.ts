/**
 * Replaces a file as a whole, so that nobody ever reads half of it.
 *
 * @module
 */

import { dirname, resolve } from "node:path";

/** A link to a link to a link ... ends somewhere, or is a circle. */
const MAX_LINKS = 40;

/**
 * Writes a text beside a file and renames it onto it. The file's mode and owner stay; a new file is for the user alone, and so are folders
 * that have to be made. A symbolic link stays, and what it points to is replaced.
 *
 * @param path The file.
 * @param text Its new text.
 * @throws What the file system reports.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const target = await followLinks(path);
  await Deno.mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const old = await absentAsUndefined(Deno.stat(target));
  const temporary = `${target}.${crypto.randomUUID()}.tmp`;
  try {
    await writeNew(temporary, text);
    if (old !== undefined) await takeOver(temporary, old);
    await Deno.rename(temporary, target);
  } catch (error) {
    await absentAsUndefined(Deno.remove(temporary));
    throw error;
  }
}

/** Unlike `Deno.realPath` this also follows a link to a file that is not there yet. */
async function followLinks(path: string): Promise<string> {
  let target = resolve(path);
  for (let links = 0; links < MAX_LINKS; links++) {
    const info = await absentAsUndefined(Deno.lstat(target));
    if (info?.isSymlink !== true) return target;
    target = resolve(dirname(target), await Deno.readLink(target));
  }
  throw new Deno.errors.FilesystemLoop(`too many symbolic links from ${path}`);
}

async function writeNew(path: string, text: string): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) rest = rest.subarray(await file.write(rest));
  await file.sync();
}

async function takeOver(path: string, old: Deno.FileInfo): Promise<void> {
  if (Deno.build.os === "windows") return;
  const made = await Deno.stat(path);
  if (made.uid !== old.uid || made.gid !== old.gid) await Deno.chown(path, old.uid, old.gid);
  // Last, since a change of owner may take bits away.
  if (old.mode !== null) await Deno.chmod(path, old.mode & 0o7777);
}

async function absentAsUndefined<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
