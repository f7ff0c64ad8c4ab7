/**
 * Files of layers, as templates see them.
 *
 * @module
 */

import type { TarEntryType, TarHeader } from "../../../lib/archive/tar_read.ts";
import { defineStruct, type FieldSpec, type GoObject } from "../../../lib/template/struct_type.ts";
import { timeType } from "../../../lib/template/time.ts";
import { defineNamed, type GoType, goTypes, mapOf, pointerTo } from "../../../lib/template/types.ts";

const typeFlags: Readonly<Record<TarEntryType, string>> = {
  file: "0",
  link: "1",
  symlink: "2",
  "character-device": "3",
  "block-device": "4",
  directory: "5",
  fifo: "6",
};

const formats: Readonly<Record<number, string>> = { 2: "USTAR", 4: "PAX" };
const formatType = defineNamed<number>({
  name: "tar.Format",
  kind: "int",
  text: (format) => formats[format] ?? "<unknown>",
});

const { int, int64, string, uint8 } = goTypes;
const texts = mapOf(string, string);
const attributePrefix = "SCHILY.xattr.";

/** The header of an entry. */
const headerType = defineStruct<TarHeader>({
  name: "tar.Header",
  fields: [
    field("Typeflag", uint8, ({ type }) => typeFlags[type].charCodeAt(0)),
    field("Name", string, ({ name }) => name),
    field("Linkname", string, ({ linkname }) => linkname),
    field("Size", int64, ({ size }) => size),
    field("Mode", int64, ({ mode }) => mode),
    field("Uid", int, ({ uid }) => uid),
    field("Gid", int, ({ gid }) => gid),
    field("Uname", string, ({ uname }) => uname),
    field("Gname", string, ({ gname }) => gname),
    field("ModTime", timeType, ({ mtime }) => mtime),
    field("AccessTime", timeType, ({ pax }) => timeOf(pax["atime"])),
    field("ChangeTime", timeType, ({ pax }) => timeOf(pax["ctime"])),
    field("Devmajor", int64, () => 0),
    field("Devminor", int64, () => 0),
    field("Xattrs", texts, ({ pax }) => attributesOf(pax)),
    field("PAXRecords", texts, ({ pax }) => unlessEmpty(pax)),
    field("Format", formatType, ({ pax }) => Object.keys(pax).length === 0 ? 2 : 4),
  ],
});

function field(name: string, type: GoType, get: (header: TarHeader) => unknown): FieldSpec<TarHeader> {
  return { name, type, get };
}

function timeOf(seconds: string | undefined): Date | undefined {
  return seconds === undefined ? undefined : new Date(Number(seconds) * 1000);
}

function attributesOf(pax: Readonly<Record<string, string>>): Readonly<Record<string, string>> | undefined {
  return unlessEmpty(Object.fromEntries(
    Object.entries(pax).filter(([key]) => key.startsWith(attributePrefix))
      .map(([key, value]) => [key.slice(attributePrefix.length), value]),
  ));
}

function unlessEmpty<T extends object>(record: T): T | undefined {
  return Object.keys(record).length === 0 ? undefined : record;
}

/** The content, which templates cannot look into. */
const readerType = defineStruct({ name: "io.Reader", fields: [] });

const fileType = defineStruct<TarHeader>({
  name: "struct { Header *tar.Header; Reader io.Reader }",
  fields: [
    { name: "Header", type: pointerTo(headerType), get: (header) => header },
    { name: "Reader", type: readerType, get: () => ({}) },
  ],
});

/**
 * Makes the object of a file in a layer.
 *
 * @param header What the archive says of it.
 * @returns The object.
 */
export function tarFileObject(header: TarHeader): GoObject {
  return fileType.of(header);
}
