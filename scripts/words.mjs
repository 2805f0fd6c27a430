// Holds what a program can hold of the names and the prose: words that names and comments do not use, head comments that are
// sentences, and test titles that are read once. `node scripts/words.mjs` prints one line for each complaint and exits with 1 if
// there is any. Whether a sentence is understood, only a reader can say.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import ts from "typescript";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Its lists have every word that it looks for. */
const SELF = "scripts/words.mjs";
const SOURCE = /^(?:hal|firmware|emulator|targets|test|bench|scripts)\/.*\.(?:ts|js|mjs)$/;
/** Files in other languages, of which only the comments are read. */
const OTHER_SOURCE = /^(?:docs|examples|scenarios|targets|test)\/.*\.(?:c|h|py|wat|ya?ml|ksy)$/;
const HEADED = /^(?:hal|firmware|emulator|targets|test)\/.*\.ts$/;

/** Parts of a name in camelCase or UPPER_SNAKE that say something in a riddle, and what to say instead. */
const NAME_PARTS = {
  MOST: "MAX",
  LEAST: "MIN",
  stirred: "needsWork, or changed",
  weigh: "raiseAlarms, or the verb that says what is decided",
  mend: "repair, or clearFault",
  forget: "clear, cancel or drop",
  settle: "clearChanges, or the verb that says what happens",
  foretold: "computed, or predicted",
  spoilt: "damaged",
  spoil: "damage",
  bent: "damaged, or changed",
  intrude: "the verb that says what happens",
  forgive: "clear, or reset",
  believe: "assume, or the name of what is held",
  told: "the name of what was said, such as result or notice",
  tell: "notify, report, or the verb that says what happens",
  heed: "take, or the verb that says what happens",
};

/** Names that are published and stay, with the files that publish them. */
const PUBLISHED = { spoilt: /^emulator\/(?:hal-wire|cli)\// };

/** Words and turns of comments and test titles that a reader must read twice. */
const TURNS = [
  /\bforetold\b/i,
  /\bspoil(?:t|s|ed|ing)?\b/i,
  /\bbent\b/i,
  /\bstirred\b/i,
  /\bnobody's to\b/i,
  /\bwho comes\b/i,
  /\bwhatever it is made of\b/i,
  /\bmend(?:s|ed|ing)?\b/i,
  /\bunless told\b/i,
  /\bwhoever\b/i,
];

/** A clause as the subject of a comment: "What goes out", "Who is told". Say the noun: "The bytes that are sent". */
const CLAUSE_AS_SUBJECT = /^(?:\/[/*]|#|;;|""")[\s*]*(What|Who|Whoever|Whatever)\b/;

/** Comments of a language, lines of it in a row as one. A text in quotes is matched first, so that nothing in it counts. */
const STRING = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/.source;
const HASHES = /(?<=^|\s)#[^\n]*(?:\n[ \t]*#[^\n]*)*/.source;
const C_COMMENTS = new RegExp(`${STRING}|(\\/\\*[^]*?\\*\\/|\\/\\/[^\\n]*(?:\\n[ \\t]*\\/\\/[^\\n]*)*)`, "g");
const COMMENTS = {
  c: C_COMMENTS,
  h: C_COMMENTS,
  py: new RegExp(`("""[^]*?""")|${STRING}|(${HASHES})`, "gm"),
  wat: new RegExp(`${STRING}|(;;[^\\n]*(?:\\n[ \\t]*;;[^\\n]*)*)`, "g"),
  yaml: new RegExp(`${STRING}|(${HASHES})`, "gm"),
};

const TITLE_WORDS_MAX = 30;
const TITLE_COLONS_MAX = 1;
const IDS = /^(?:(?:field )?[A-Z]{3}-\d+(?: to [A-Z]{3}-\d+)?(?:, | and )?)+(?:: | )/;
const TEST_FUNCTIONS = /^(?:test|describe|it)\b/;

/**
 * Complaints about one file, as `path:line: text`.
 *
 * @param {string} path from the root, with slashes
 * @param {string} text of the file
 * @returns {string[]}
 */
export function complaintsOf(path, text) {
  return OTHER_SOURCE.test(path) ? complaintsOfComments(path, text) : complaintsOfModule(path, text);
}

function complaintsOfComments(path, text) {
  const found = [];
  const complain = (at, what) => found.push(`${path}:${text.slice(0, at).split("\n").length}: ${what}`);
  const language = /\.(c|h|py|wat)$/.exec(path)?.[1] ?? "yaml";
  for (const { index, 1: first, 2: second } of text.matchAll(COMMENTS[language])) {
    if (first ?? second) checkComment(first ?? second, index, complain);
  }
  return found;
}

function complaintsOfModule(path, text) {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const lineOf = (at) => source.getLineAndCharacterOfPosition(at).line + 1;
  const found = [];
  const complain = (at, what) => found.push(`${path}:${lineOf(at)}: ${what}`);
  checkHead(path, text, complain);
  const comments = new Map();
  const visit = (node) => {
    for (const range of ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []) comments.set(range.pos, range);
    for (const range of ts.getTrailingCommentRanges(text, node.getEnd()) ?? []) comments.set(range.pos, range);
    if (ts.isIdentifier(node) && !isPublished(node.text, path)) checkName(node, complain);
    if (ts.isCallExpression(node)) checkTitle(node, complain);
    node.getChildren(source).forEach(visit);
  };
  visit(source);
  for (const { pos, end } of comments.values()) checkComment(text.slice(pos, end), pos, complain);
  return found;
}

function checkComment(comment, at, complain) {
  checkTurns(comment, at, "comment", complain);
  const clause = CLAUSE_AS_SUBJECT.exec(comment);
  if (clause) complain(at, `the comment begins with "${clause[1]}": name its subject by a noun`);
}

function checkName(node, complain) {
  const parent = node.parent;
  // A name of a library or of the language is not ours to choose.
  if (ts.isImportSpecifier(parent) || ts.isPropertyAccessExpression(parent)) return;
  for (const part of node.text.split(/_|(?<=[a-z\d])(?=[A-Z])/)) {
    const key = Object.hasOwn(NAME_PARTS, part) ? part : lowered(part);
    const better = Object.hasOwn(NAME_PARTS, key) ? NAME_PARTS[key] : null;
    if (better) complain(node.getStart(), `the name ${node.text}: say ${better}`);
  }
}

function isPublished(name, path) {
  return Object.hasOwn(PUBLISHED, name) && PUBLISHED[name].test(path);
}

/** `Stirred` in the middle of a name is the word; `MOST` in a constant is one too, and `most` is not. */
function lowered(part) {
  return /^[A-Z][a-z]/.test(part) ? part.toLowerCase() : part;
}

function checkTurns(text, at, what, complain) {
  for (const turn of TURNS) {
    const match = turn.exec(text);
    if (match) complain(at + match.index, `the ${what} says "${match[0]}"`);
  }
}

/** A file opens with sentences: a capital letter, a quoted name or a number first, and a full stop last. */
function checkHead(path, text, complain) {
  if (!HEADED.test(path)) return;
  const body = text.replace(/^(?:#![^\n]*\n|\/\/\/ [^\n]*\n)*/, "");
  const offset = text.length - body.length;
  const lines = /^(?:\/\/[^\n]*\n)+/.exec(body)?.[0];
  const block = /^\/\*\*?[^]*?\*\//.exec(body)?.[0];
  const head = (
    lines?.replace(/^\/\/ ?/gm, "") ?? block?.replace(/^\/\*\*?|\*\/$/g, "").replace(/^ *\* ?/gm, "")
  )?.trim();
  if (!head) complain(offset, "no comment says what the file is about");
  else if (!/^(?:[A-Z`\d"]|\.\/)/.test(head)) complain(offset, "the head comment begins with a small letter");
  else if (!/[.?!][)"`]?$/.test(head)) complain(offset, "the head comment does not end with a full stop");
}

function checkTitle(call, complain) {
  const title = titleOf(call);
  if (title === null) return;
  const words = title.text.replace(IDS, "");
  checkTurns(title.text, title.at, "title", complain);
  const count = words.split(/\s+/).filter((word) => /\w/.test(word)).length;
  if (count > TITLE_WORDS_MAX) complain(title.at, `the title has ${count} words, ${TITLE_WORDS_MAX} at most`);
  const colons = words.match(/: /g)?.length ?? 0;
  if (colons > TITLE_COLONS_MAX) complain(title.at, `the title has ${colons} colons, ${TITLE_COLONS_MAX} at most`);
}

/** The title of a test or a group of tests, or null for another call. */
function titleOf({ expression, arguments: [first] }) {
  if (first === undefined || !ts.isStringLiteralLike(first)) return null;
  return TEST_FUNCTIONS.test(expression.getText()) ? { text: first.text, at: first.getStart() } : null;
}

function main() {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  const files = [...new Set(listed.split("\0"))].filter(
    (path) => SOURCE.test(path) && path !== SELF && existsSync(join(ROOT, path)),
  );
  const all = files.flatMap((path) => complaintsOf(path, readFileSync(join(ROOT, path), "utf8")));
  for (const complaint of all) console.log(complaint);
  if (all.length > 0) process.exitCode = 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main();
