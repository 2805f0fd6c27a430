// `cistern completion` prints a completion script for a shell. It is made from the table of commands and options that the program
// itself parses with, so it offers what there is: commands, their options, and the values of an option that has a list of them.
// Everything else is a file name.

import { Command, type Option } from "commander";
import { UsageError } from "../usage-error";
import { exitWith } from "./exit";
import { EXIT } from "./exit-codes";

/** One command as the scripts need it. `path` is the words after `cistern`: none for the program itself. */
interface Node {
  path: string[];
  about: string;
  commands: { name: string; about: string }[];
  options: { flags: string[]; about: string; takesValue: boolean; values: string[] }[];
  /** The values of its first argument, if there is a list of them. */
  words: string[];
}

const SHELLS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** Makes the command. `program` is asked for its table when the command runs, so that it has all commands by then. */
export function completionCommand(program: () => Command): Command {
  return new Command("completion")
    .description("print a completion script for a shell")
    .argument("<shell>", `the shell: ${Object.keys(SHELLS).join(", ")}`)
    .addHelpText(
      "after",
      "\nbash: cistern completion bash > ~/.local/share/bash-completion/completions/cistern" +
        "\nzsh:  cistern completion zsh > a folder of $fpath, as _cistern" +
        "\nfish: cistern completion fish > ~/.config/fish/completions/cistern.fish",
    )
    .action((shell: string) =>
      exitWith(() => {
        if (!isShell(shell)) {
          throw new UsageError(`completion: found ${shell}, expected ${Object.keys(SHELLS).join(", ")}`);
        }
        process.stdout.write(SHELLS[shell](nodesOf(program())));
        return Promise.resolve(EXIT.pass);
      }),
    );
}

function isShell(name: string): name is keyof typeof SHELLS {
  return Object.hasOwn(SHELLS, name);
}

/** The program and all its commands, with their own. */
function nodesOf(command: Command, path: string[] = []): Node[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command);
  const node: Node = {
    path,
    about: command.description(),
    commands: commands.map((each) => ({ name: each.name(), about: firstSentence(each.description()) })),
    options: help.visibleOptions(command).map((option) => ({
      flags: [option.short, option.long].filter((flag) => flag !== undefined),
      about: firstSentence(option.description),
      takesValue: option.required || option.optional,
      values: valuesOf(option),
    })),
    words: command.name() === "completion" ? Object.keys(SHELLS) : [],
  };
  const own = commands.filter((each) => each.name() !== "help");
  return [node, ...own.flatMap((each) => nodesOf(each, [...path, each.name()]))];
}

/** The choices of an option, or those that its flags show: `--head <in-place|away>`. */
function valuesOf({ argChoices, flags }: Option): string[] {
  if (argChoices) return [...argChoices];
  const shown = /[<[]([a-z0-9-]+(?:\|[a-z0-9-]+)+)[>\]]/.exec(flags)?.[1];
  return shown === undefined ? [] : shown.split("|").filter((word) => word !== "n");
}

function firstSentence(text: string): string {
  return text.split(/[\n;(]/)[0].trim();
}

function bashScript(nodes: readonly Node[]): string {
  const cases = nodes.map(({ path, commands, options, words }) => {
    const flags = options.flatMap((option) => option.flags).join(" ");
    const names = [...commands.map(({ name }) => name), ...words].join(" ");
    return `    ${quoted(path.join(" "))}) commands=${quoted(names)} options=${quoted(flags)} ;;`;
  });
  const values = nodes.flatMap(({ path, options }) =>
    options.flatMap(({ flags, takesValue, values: known }) =>
      takesValue
        ? flags.map((flag) => `    ${quoted([...path, flag].join(" "))}) takes=1 values=${quoted(known.join(" "))} ;;`)
        : [],
    ),
  );
  const branches = nodes.filter(({ path }) => path.length > 0).map(({ path }) => quoted(path.join(" ")));
  return `# bash completion for cistern, made by \`cistern completion bash\`
_cistern() {
  local word=\${COMP_WORDS[COMP_CWORD]} last=\${COMP_WORDS[COMP_CWORD-1]} path="" commands="" options="" values="" takes="" i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${path:+$path }\${COMP_WORDS[i]}" in
    ${branches.join(" | ")}) path="\${path:+$path }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "\${path:+$path }$last" in
${values.join("\n")}
  esac
  COMPREPLY=()
  if [[ -n $takes && $word != -* ]]; then
    if [[ -n $values ]]; then
      COMPREPLY=($(compgen -W "$values" -- "$word"))
      return
    fi
  else
    case "$path" in
${cases.join("\n")}
    esac
    if [[ $word == -* ]]; then
      COMPREPLY=($(compgen -W "$options" -- "$word"))
      return
    fi
    if [[ -n $commands ]]; then
      COMPREPLY=($(compgen -W "$commands" -- "$word"))
      return
    fi
  fi
  compopt -o filenames 2>/dev/null
  local line
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$word")
}
complete -F _cistern cistern
`;
}

function zshScript(nodes: readonly Node[]): string {
  const functions = nodes.map((node) => {
    const options = node.options.map(({ flags, about, takesValue, values }) => {
      const names = flags.length > 1 ? `'(${flags.join(" ")})'{${flags.join(",")}}` : flags[0];
      const value = takesValue ? `:value:${values.length > 0 ? `(${values.join(" ")})` : "_files"}` : "";
      return `    ${names}${quoted(`[${zshText(about)}]${value}`)} \\`;
    });
    const branches = node.commands.map(({ name }) => `      ${name}) ${zshName([...node.path, name])} ;;`);
    const rest =
      node.commands.length > 0
        ? `    '1:command:->command' '*::argument:->argument'
  case $state in
    command)
      local -a commands=(
${node.commands.map(({ name, about }) => `        ${quoted(`${name}:${zshText(about)}`)}`).join("\n")}
      )
      _describe command commands ;;
    argument)
      case $words[1] in
${branches
  .filter((line) => !line.includes(" help) "))
  .map((line) => `  ${line}`)
  .join("\n")}
      esac ;;
  esac`
        : node.words.length > 0
          ? `    '1:value:(${node.words.join(" ")})'`
          : `    '*:file:_files'`;
    return `${zshName(node.path)}() {
  local state line context
  typeset -A opt_args
  _arguments -C \\
${options.join("\n")}
${rest}
}
`;
  });
  return `#compdef cistern
# zsh completion for cistern, made by \`cistern completion zsh\`
${functions.join("\n")}
_cistern "$@"
`;
}

function zshName(path: readonly string[]): string {
  return ["_cistern", ...path].join("_").replaceAll("-", "_");
}

/** A description as _arguments and _describe take it. */
function zshText(text: string): string {
  return text.replace(/[\\[\]:]/g, (sign) => `\\${sign}`);
}

function fishScript(nodes: readonly Node[]): string {
  const lines = nodes.flatMap(({ path, commands, options, words }) => {
    const when = fishCondition(
      path,
      commands.map(({ name }) => name),
    );
    const head = `complete -c cistern -n ${quoted(when, fishQuote)}`;
    return [
      ...commands.map(({ name, about }) => `${head} -f -a ${name} -d ${quoted(about, fishQuote)}`),
      ...(words.length > 0 ? [`${head} -f -a ${quoted(words.join(" "), fishQuote)}`] : []),
      ...options.map(({ flags, about, takesValue, values }) => {
        const names = flags.map((flag) => (flag.startsWith("--") ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
        const value = !takesValue ? "" : values.length > 0 ? ` -x -a ${quoted(values.join(" "), fishQuote)}` : " -r";
        return `${head} ${names.join(" ")}${value} -d ${quoted(about, fishQuote)}`;
      }),
    ];
  });
  return `# fish completion for cistern, made by \`cistern completion fish\`\n${lines.join("\n")}\n`;
}

/** True in fish when the words of `path` have been typed and none of the commands below it. */
function fishCondition(path: readonly string[], below: readonly string[]): string {
  const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`);
  const open = below.length > 0 ? [`not __fish_seen_subcommand_from ${below.join(" ")}`] : [];
  return [...seen, ...open].join("; and ");
}

/** In single quotes, for a POSIX shell; `quote` is how a single quote stands in them. */
function quoted(text: string, quote = "'\\''"): string {
  return `'${text.replaceAll("'", quote)}'`;
}

const fishQuote = "\\'";
