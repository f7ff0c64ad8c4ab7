/**
 * The sections `groups` and `rules` of the server's file.
 *
 * @module
 */

import { isKeyed, placeOf, settingsError, type SettingsPlace, typeName } from "../settings/settings_error.ts";
import { type AccessRule, type AccessRules, findPatternFault, type RepositoryAction } from "./auth/access_rules.ts";
import { type ConfigEntry, type ServerConfig, stringsOf } from "./server_config.ts";

/** The names of the sections. */
export const ruleSections = ["groups", "rules"] as const;

const onPurpose = "to have none on purpose, write `rules: []` and `groups: {}`";
const actions: ReadonlySet<string> = new Set(["delete", "pull", "push"] satisfies RepositoryAction[]);
const ruleKeys: ReadonlySet<string> = new Set(["allow", "anonymous", "groups", "repository", "users"]);

/**
 * Reads groups and rules. An empty list of rules is as good as none, but says so on purpose: everyone who is logged in may do
 * everything.
 *
 * @param config The file.
 * @returns What they say; nothing for sections that are not there.
 * @throws {RegkitError} `INVALID_SETTINGS` with line and column.
 */
export function readAccessRules(config: ServerConfig): Pick<AccessRules, "groups" | "rules"> {
  const groups = readGroups(config.sections.get("groups"));
  const section = config.sections.get("rules");
  if (section === undefined) return { groups };
  const { value, place } = section;
  if (!Array.isArray(value)) throw settingsError(place, `must be a list of rules, not ${typeName(value)}`);
  return { groups, rules: value.map((rule: unknown, at) => readRule(rule, placeOf(place, at), groups)) };
}

/**
 * Refuses a state of the file that lost what limits access. A file that was emptied, or cut while it was written, is valid too,
 * and without rules every login may do everything.
 *
 * @param next What the file says in that state.
 * @param last What it said before; nothing when it is read for the first time.
 * @throws {RegkitError} `INVALID_SETTINGS` when it holds nothing any more, or a section is gone that was not empty.
 */
export function requireRulesKept(next: ServerConfig, last: ServerConfig | undefined): void {
  const [entry] = [...last?.values.values() ?? [], ...last?.sections.values() ?? []];
  if (last === undefined || entry === undefined) return;
  const { file } = entry.place;
  if (next.values.size === 0 && next.sections.size === 0) {
    throw settingsError({ file, path: [] }, `the file is empty, as if it had been cut; ${onPurpose}`);
  }
  for (const name of ruleSections) {
    if (next.sections.has(name) || isEmpty(last.sections.get(name)?.value)) continue;
    // The place in the file that it had does not help to find what is not there.
    throw settingsError({ file, path: [name] }, `the section is gone, as if the file had been cut; ${onPurpose}`);
  }
}

/**
 * Tells where the rules of a file stand.
 *
 * @param config The file.
 * @returns The place; `undefined` when it has none.
 */
export function placeOfRules(config: ServerConfig): SettingsPlace | undefined {
  const section = config.sections.get("rules");
  return isEmpty(section?.value) ? undefined : section?.place;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (isKeyed(value) ? Object.keys(value) : Array.isArray(value) ? value : []).length === 0;
}

function readGroups(section: ConfigEntry<unknown> | undefined): Readonly<Record<string, readonly string[]>> {
  if (section === undefined) return {};
  const { value, place } = section;
  if (!isKeyed(value)) {
    throw settingsError(place, `must be names of groups with lists of users, not ${typeName(value)}`);
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, members]) => [name, stringsOf(members, placeOf(place, name))]),
  );
}

function readRule(
  rule: unknown,
  place: SettingsPlace,
  known: Readonly<Record<string, readonly string[]>>,
): AccessRule {
  if (!isKeyed(rule)) throw settingsError(place, `must be a rule with repository and allow, not ${typeName(rule)}`);
  for (const key of Object.keys(rule)) {
    if (!ruleKeys.has(key)) {
      throw settingsError(
        placeOf(place, key),
        "there is no such key",
        `Keys of a rule are ${[...ruleKeys].join(", ")}`,
      );
    }
  }
  const { repository, anonymous = false } = rule;
  if (typeof repository !== "string") throw settingsError(place, "the rule has no repository, such as team/**");
  const fault = findPatternFault(repository);
  if (fault !== undefined) throw settingsError(placeOf(place, "repository"), `the pattern "${repository}" ${fault}`);
  if (typeof anonymous !== "boolean") throw settingsError(placeOf(place, "anonymous"), "must be true or false");
  const groups = listOf(rule, "groups", place);
  for (const [at, group] of groups.entries()) {
    if (!Object.hasOwn(known, group)) {
      throw settingsError(placeOf(placeOf(place, "groups"), at), `there is no group "${group}"`);
    }
  }
  return { repository, anonymous, groups, users: listOf(rule, "users", place), allow: readActions(rule, place) };
}

function readActions(rule: Readonly<Record<string, unknown>>, place: SettingsPlace): readonly RepositoryAction[] {
  if (rule["allow"] === undefined) throw settingsError(place, "the rule does not say what it allows");
  return listOf(rule, "allow", place).map((action, at) => {
    if (isAction(action)) return action;
    throw settingsError(placeOf(placeOf(place, "allow"), at), `"${action}" is not one of pull, push, delete`);
  });
}

function isAction(text: string): text is RepositoryAction {
  return actions.has(text);
}

function listOf(rule: Readonly<Record<string, unknown>>, key: string, place: SettingsPlace): readonly string[] {
  return rule[key] === undefined ? [] : stringsOf(rule[key], placeOf(place, key));
}
