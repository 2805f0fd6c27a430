// Annotations for GitHub Actions: one workflow command a finding, which GitHub shows at the commit.

import type { CampaignReport } from "../campaign/campaign-report";

export function annotationsOf({ failures, findings, verdict }: CampaignReport, out: string | undefined): string {
  if (verdict === "pass") return "";
  const lines = failures.map(({ file, text, repeats }) => {
    const place = out === undefined ? "" : ` file=${property(`${out}/${file}`)},line=1,`;
    return `::${repeats === false ? "warning" : "error"}${place === "" ? " " : place}title=cistern check::${data(text)}`;
  });
  const others = findings.filter(({ text }) => !failures.some((row) => text.includes(row.text)));
  const words = others.map(
    ({ weight, text }) => `::${weight === "fail" ? "error" : "warning"} title=cistern check::${data(text)}`,
  );
  return [...lines, ...words].map((line) => `${line}\n`).join("");
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
