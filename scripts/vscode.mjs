// Packs the extension for Visual Studio Code (editors/vscode) as a VSIX: a zip with the extension, its manifest and the types of
// its files. `npm run build` writes it into dist/. The version is the package's; the arguments of a launch come from the adapter.

import { createWriteStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { build } from "esbuild";
import yazl from "yazl";
import { ROOT } from "./sources.mjs";

export const VSIX = "cistern.vsix";
/** A zip holds the time of each entry; the same one for all makes equal packs of equal sources. */
const TIME = { mtime: new Date(2026, 0, 1), mode: 0o100644 };

const CONTENT_TYPES = `<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
  <Default Extension=".json" ContentType="application/json"/>
  <Default Extension=".js" ContentType="application/javascript"/>
  <Default Extension=".md" ContentType="text/markdown"/>
  <Default Extension=".txt" ContentType="text/plain"/>
  <Default Extension=".vsixmanifest" ContentType="text/xml"/>
</Types>
`;

/**
 * Writes the VSIX into the folder `made`. `schema` is the text of a scenario's schema, `launch` the schema of a launch's arguments.
 */
export async function packExtension(made, { schema, launch }) {
  const folder = join(ROOT, "editors/vscode");
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  manifest.version = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version;
  const [debuggerOf] = manifest.contributes.debuggers;
  debuggerOf.configurationAttributes.launch = launch;
  const files = {
    "[Content_Types].xml": CONTENT_TYPES,
    "extension.vsixmanifest": vsixManifest(manifest),
    "extension/package.json": `${JSON.stringify(manifest, null, 2)}\n`,
    "extension/extension.js": await script(folder),
    "extension/scenario.schema.json": schema,
    "extension/README.md": readFileSync(join(folder, "README.md")),
    "extension/LICENSE.txt": readFileSync(join(ROOT, "LICENSE")),
  };
  const zip = new yazl.ZipFile();
  for (const [name, content] of Object.entries(files)) zip.addBuffer(Buffer.from(content), name, TIME);
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(join(made, VSIX)));
}

async function script(folder) {
  const { outputFiles } = await build({
    entryPoints: [join(folder, "extension.ts")],
    write: false,
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node20",
    external: ["vscode"],
  });
  return outputFiles[0].contents;
}

function vsixManifest({ name, publisher, version, displayName, description, engines, categories }) {
  return `<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id="${name}" Version="${version}" Publisher="${publisher}"/>
    <DisplayName>${displayName}</DisplayName>
    <Description xml:space="preserve">${description}</Description>
    <Categories>${categories.join(",")}</Categories>
    <Properties>
      <Property Id="Microsoft.VisualStudio.Code.Engine" Value="${engines.vscode}"/>
    </Properties>
    <License>extension/LICENSE.txt</License>
  </Metadata>
  <Installation>
    <InstallationTarget Id="Microsoft.VisualStudio.Code"/>
  </Installation>
  <Assets>
    <Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.Details" Path="extension/README.md" Addressable="true"/>
    <Asset Type="Microsoft.VisualStudio.Services.Content.License" Path="extension/LICENSE.txt" Addressable="true"/>
  </Assets>
</PackageManifest>
`;
}
