// The extension for Visual Studio Code. It names the adapter of the open folder to the editor, completes a launch that lacks
// something, and puts *Run scenario* and *Debug scenario* above a scenario. All that debugs is in `cistern debug`.

import { existsSync, readFileSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import * as vscode from "vscode";

const TYPE = "cistern";
/** The keys of which every scenario has one at its beginning; a file without them is another YAML. */
const SCENARIO_KEYS = /^(?:prescription|commission|patient|pump):/m;
const DURATION_KEY = /^duration:/m;

export function activate(context: vscode.ExtensionContext): void {
  context.subscriptions.push(
    vscode.debug.registerDebugAdapterDescriptorFactory(TYPE, {
      createDebugAdapterDescriptor: ({ workspaceFolder }) => adapterOf(workspaceFolder),
    }),
    vscode.debug.registerDebugConfigurationProvider(TYPE, {
      resolveDebugConfiguration: (_, given) => completed(given),
    }),
    vscode.languages.registerCodeLensProvider({ language: "yaml" }, { provideCodeLenses: lensesOf }),
    vscode.commands.registerCommand("cistern.runScenario", (file?: vscode.Uri) => run(file)),
    vscode.commands.registerCommand("cistern.debugScenario", (file?: vscode.Uri) => debug(file)),
  );
}

function adapterOf(folder: vscode.WorkspaceFolder | undefined): vscode.DebugAdapterExecutable {
  const cwd = folder?.uri.fsPath;
  return new vscode.DebugAdapterExecutable(nodeOf(folder), [programOf(folder), "debug"], cwd ? { cwd } : {});
}

/** The Node that runs cistern, by its path: an editor would run a plain `node` by its own. */
function nodeOf(folder: vscode.WorkspaceFolder | undefined): string {
  const name = vscode.workspace.getConfiguration(TYPE, folder).get("node", "node");
  const file = process.platform === "win32" && !name.endsWith(".exe") ? `${name}.exe` : name;
  const folders = isAbsolute(name) ? [] : (process.env["PATH"] ?? "").split(delimiter);
  return folders.map((each) => join(each, file)).find((each) => existsSync(each)) ?? name;
}

/** The program `cistern`: the one that is set, else that of the folder or of another one that is open. Throws Error. */
function programOf(folder: vscode.WorkspaceFolder | undefined): string {
  const set = vscode.workspace.getConfiguration(TYPE, folder).get("program", "");
  if (set !== "") return set;
  const folders = [...(folder ? [folder] : []), ...(vscode.workspace.workspaceFolders ?? [])].map(
    ({ uri }) => uri.fsPath,
  );
  const programs = folders.map((root) =>
    join(isClone(root) ? root : join(root, "node_modules", TYPE), "bin", "cistern.mjs"),
  );
  const program = programs.find((each) => existsSync(each));
  if (program !== undefined) return program;
  throw new Error("cistern: no open folder has cistern; run npm install cistern in one, or set cistern.program");
}

function isClone(root: string): boolean {
  try {
    return (JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { name?: string }).name === TYPE;
  } catch {
    return false;
  }
}

/** F5 without a launch debugs the scenario that is open. */
function completed(given: vscode.DebugConfiguration): vscode.DebugConfiguration {
  if (given.type) return given;
  const document = vscode.window.activeTextEditor?.document;
  if (!document || !isScenario(document)) return given;
  return launchOf(document.uri);
}

function launchOf(file: vscode.Uri): vscode.DebugConfiguration {
  return { type: TYPE, request: "launch", name: "Debug scenario", scenario: file.fsPath, stopOnEntry: true };
}

function isScenario(document: vscode.TextDocument): boolean {
  const text = document.getText();
  return document.languageId === "yaml" && DURATION_KEY.test(text) && SCENARIO_KEYS.test(text);
}

function lensesOf(document: vscode.TextDocument): vscode.CodeLens[] {
  if (!isScenario(document)) return [];
  const top = new vscode.Range(0, 0, 0, 0);
  const given = [document.uri];
  return [
    new vscode.CodeLens(top, { title: "Run scenario", command: "cistern.runScenario", arguments: given }),
    new vscode.CodeLens(top, { title: "Debug scenario", command: "cistern.debugScenario", arguments: given }),
  ];
}

/** Runs the scenario in a terminal of its own, as a task, so that its exit code shows. */
async function run(given: vscode.Uri | undefined): Promise<void> {
  const file = await saved(given);
  if (!file) return;
  const folder = vscode.workspace.getWorkspaceFolder(file);
  const command = new vscode.ProcessExecution(nodeOf(folder), [programOf(folder), "run", file.fsPath]);
  const scope = folder ?? vscode.TaskScope.Workspace;
  await vscode.tasks.executeTask(new vscode.Task({ type: TYPE }, scope, "Run scenario", TYPE, command));
}

async function debug(given: vscode.Uri | undefined): Promise<void> {
  const file = await saved(given);
  if (file) await vscode.debug.startDebugging(vscode.workspace.getWorkspaceFolder(file), launchOf(file));
}

/** The given file, or that of the active editor, with what was written in it. */
async function saved(given: vscode.Uri | undefined): Promise<vscode.Uri | undefined> {
  const file = given ?? vscode.window.activeTextEditor?.document.uri;
  const document = vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === file?.toString());
  if (document?.isDirty) await document.save();
  return file;
}
