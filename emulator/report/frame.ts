// The frame of every page of cistern. A page is one HTML file that fetches nothing, with a headline and the verdict, the facts
// of the run, tiles with its numbers, and a footer. Text is escaped here unless a parameter is called `html`. A content
// security policy forbids the page to fetch anything, and allows scripts only to a page that brings its own.

import type { Verdict } from "../run/verdict";
import { hashOf, START } from "./place";
import { escaped } from "./words";

interface Frame {
  title: string;
  version: string;
  /** A later one overrides an earlier. */
  styles: readonly string[];
  mainHtml: string;
  footer: string;
  /** The data that the scripts draw, which the file has as JSON in the element #model. */
  model?: unknown;
  scripts?: readonly string[];
  /** True for a page that holds other pages in frames: what it forbids is forbidden to them. */
  hasFrames?: boolean;
}

/** The whole file. */
export function pageOf({
  title,
  version,
  styles,
  mainHtml,
  footer,
  model,
  scripts = [],
  hasFrames = false,
}: Frame): string {
  const scriptPolicy = scripts.length === 0 && !hasFrames ? "" : " script-src 'unsafe-inline';";
  const policy = `default-src 'none';${scriptPolicy} style-src 'unsafe-inline'; img-src data:`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<link rel="icon" href="data:,">
<style>${styles.map(inStyle).join("\n")}</style>
</head>
<body>
<main>
${mainHtml}
</main>
<footer>cistern ${escaped(version)}: a development tool, not a medical device. ${escaped(footer)}</footer>
${model === undefined ? "" : `<script type="application/json" id="model">${inJson(model)}</script>\n`}${scripts
    .map((script) => `<script>${inScript(script)}</script>\n`)
    .join("")}</body>
</html>
`;
}

const VERDICTS: Record<Verdict, { sign: string; word: string }> = {
  pass: { sign: "✓", word: "Pass" },
  fail: { sign: "✗", word: "Fail" },
  invalid: { sign: "?", word: "Invalid" },
  interrupted: { sign: "❚❚", word: "Interrupted" },
};

interface Headline {
  command: string;
  scenario: string;
  verdict: Verdict;
  /** The finding that decided the verdict; null for a pass. */
  reason: string | null;
  /** Stands before the reason: a link to its moment. */
  momentHtml?: string;
  /** The words about what passed and what failed, which the verdict rests on. */
  passed: string;
  failed: string;
}

export function headlineOf(headline: Headline): string {
  const { command, scenario, verdict, reason, momentHtml = "", passed, failed } = headline;
  const { sign, word } = VERDICTS[verdict];
  const meanings: Record<Verdict, string> = {
    pass: passed,
    fail: failed,
    invalid: "the run proves nothing",
    interrupted: "stopped before its end",
  };
  const lines = [`${momentHtml} ${escaped(reason ?? meanings[verdict])}`.trim()];
  if (reason !== null) lines.push(escaped(meanings[verdict]));
  return `<div class="headline">
<div><p class="eyebrow">cistern ${command}</p><h1>${escaped(scenario)}</h1></div>
<div class="verdict ${verdict}"><span class="word"><span aria-hidden="true">${sign}</span> ${word}</span>
<div class="why">${lines.map((line) => (line === "" ? "" : `<p>${line}</p>`)).join("")}</div></div>
</div>`;
}

/** A link that marks a moment in the plots and zooms to it, or to a range around it. */
export function momentLink(
  at_s: number,
  text: string,
  kind = "",
  range: { from_s: number; to_s: number } | null = null,
): string {
  const hash = hashOf({ ...START, ...range, at_s });
  return `<a class="${`moment ${kind}`.trim()}" href="${escaped(hash)}">${escaped(text)}</a>`;
}

/** Pairs of a term and its text. */
export function factsOf(facts: readonly (readonly [string, string])[]): string {
  const list = facts.map(([term, text]) => `<div><dt>${term}</dt><dd>${escaped(text)}</dd></div>`).join("");
  return `<dl class="facts">${list}</dl>`;
}

/** One number of the run; `tone` is a colour of page.css. */
export function tile(title: string, value: string, detail: string, tone = ""): string {
  return (
    `<div class="${`tile ${tone}`.trim()}"><h2>${title}</h2><p class="value">${escaped(value)}</p>` +
    `<p class="detail">${escaped(detail)}</p></div>`
  );
}

/** A mark for something that was to be checked, which a screen reader can tell. */
export function okMark(isOk: boolean, isJudged = true): string {
  if (!isJudged) return '<span class="no">?<span class="unseen"> not judged</span></span>';
  return isOk
    ? '<span class="ok">✓<span class="unseen"> ok</span></span>'
    : '<span class="no">✗<span class="unseen"> failed</span></span>';
}

/** The class of a row for something that was checked. */
export function okClass(isOk: boolean): string {
  return isOk ? "" : "bad";
}

/** JSON in a script element: no `<`, so nothing in it can end the element. */
function inJson(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}

/** `</script` and `<!--` can only stand in strings of our own scripts, where the backslash changes nothing. */
function inScript(source: string): string {
  return source.replace(/<(?=\/script|!--)/gi, "\\x3c");
}

function inStyle(source: string): string {
  return source.replace(/<(?=\/style)/gi, "\\3c ");
}
