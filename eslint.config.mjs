// Two languages live in this tree. firmware/ and hal/ are the dialect that AssemblyScript also compiles: what its
// module cannot show (docs/dialect.md) is banned here, each construct with the one to use instead. The host side is
// ordinary TypeScript with the recommended rules; its simulated part may use nothing that differs between engines or
// runs, because the fingerprint of a run must be equal on every machine. Every ban below has a fixture in
// test/dialect.test.ts.

import tseslint from "typescript-eslint";

/** Selector and what to do instead. */
const DIALECT_BANS = [
  [
    "ForOfStatement, ForInStatement",
    "No for..of or for..in: it allocates an iterator. Count with `for` up to a constant.",
  ],
  ["WhileStatement, DoWhileStatement", "No while: its bound is not visible. Count with `for` up to a constant."],
  ["ArrowFunctionExpression", "No arrow functions or callbacks: write a method or a named function at module level."],
  [":not(MethodDefinition) > FunctionExpression", "No function expressions: write a method or a named function."],
  [
    ":function FunctionDeclaration, :function ClassDeclaration, ClassExpression",
    "No closures: move it to module level and keep what it remembers in class fields.",
  ],
  [
    ":function[async=true], AwaitExpression",
    "No async: the tick is the only time there is. Keep a deadline in a field.",
  ],
  [":function[generator=true]", "No generators: keep the position in a field."],
  ["SpreadElement, RestElement", "No spread or rest: it allocates. Name each parameter, copy element by element."],
  ["ArrayPattern, ObjectPattern", "No destructuring: read each field by name."],
  ["TemplateLiteral", "No template strings: they allocate. Use a constant text or a code number."],
  [
    ":matches(BinaryExpression[operator='+'], AssignmentExpression[operator='+=']) > Literal[value=type(string)]",
    "No string concatenation: it allocates. Use a constant text or a code number.",
  ],
  [
    'ObjectExpression:not(MethodDefinition[kind="constructor"] ObjectExpression)',
    "No object literals: write a class with integer fields, built once in a constructor.",
  ],
  [
    'ArrayExpression:not(MethodDefinition[kind="constructor"] ArrayExpression)',
    "No array literals: make a typed array in a field initialiser.",
  ],
  [
    `NewExpression:not(${[
      'MethodDefinition[kind="constructor"] NewExpression',
      "PropertyDefinition > NewExpression",
      "ThrowStatement > NewExpression",
      // The door of the controller contract (hal/controller.ts): construction itself.
      'FunctionDeclaration[id.name="createController"] NewExpression',
    ].join(", ")})`,
    "No `new` after construction: build it in a constructor or a field initialiser and reuse it.",
  ],
  ["TryStatement", "No try: nothing is thrown but programmer errors. Return a result code."],
  ["ThrowStatement", "No throw: `assert` for programmer errors, a result code for everything else."],
  ["TSAnyKeyword, TSUnknownKeyword, TSObjectKeyword", "No any, unknown or object: use i32, bool or a class."],
  ["TSEnumDeclaration", "No enum: write `export const NAME: i32 = 1;`, append-only."],
  ["TSNumberKeyword", "No number: to asc it is a double. Use i32, u16 or u8."],
  ["TSBooleanKeyword", "No boolean: use bool."],
  ["TSBigIntKeyword, Literal[bigint]", "No BigInt: it allocates and asc has none. Keep it under 2^30 in an i32."],
  [
    "TSTypeReference > Identifier[name=/^(?:f32|f64|i8|i16|i64|u32|u64|isize|usize|v128)$/]",
    "Only i32, u16, u8 and bool: every other width is a double or not a small integer under V8.",
  ],
  [
    "Literal[value=type(number)][raw=/^[^xX]*[.eE]/]",
    "No decimal point or exponent: choose a smaller unit and write an integer.",
  ],
  [
    "Literal[value>=2147483648]",
    "No literal of 2^31 or more: it does not fit an i32. Write the signed value of the same bits.",
  ],
  ["Literal[regex]", "No regular expressions: compare bytes."],
  ['MethodDefinition[kind="get"], MethodDefinition[kind="set"]', "No accessors: use a field, or a method with a verb."],
  [
    ":matches(Program, Program > ExportNamedDeclaration) > VariableDeclaration[kind!='const']",
    "No module state: snapshots and resets cannot reach it. Make it a class field.",
  ],
  [':function VariableDeclaration[kind="var"]', "No var: use `const` or `let`."],
  ["ExportDefaultDeclaration", "No default exports: one name for one thing, everywhere."],
  ["ChainExpression", "No optional chaining: nothing is absent after construction."],
  [
    'UnaryExpression[operator="delete"]',
    "No delete: fields are fixed at construction. Write a value that means empty.",
  ],
  ['UnaryExpression[operator="typeof"]', "No typeof: every type is known when it is written."],
  ['BinaryExpression[operator="instanceof"]', "No instanceof: every type is known when it is written."],
  ['BinaryExpression[operator="in"]', "No `in`: fields are fixed at construction."],
  [
    "MemberExpression[property.name=/^(?:subarray|slice)$/]",
    "No subarray or slice: it allocates. Pass the array, a start and a length.",
  ],
  [
    'MemberExpression[object.name="Math"]',
    "No Math: asc computes all of it in doubles, Math.imul too. A product is `(a * b) | 0` while |a * b| < 2^53.",
  ],
];

const DIALECT_GLOBALS = [
  ["Date", "No Date: count ticks, or ask the clock port for its minute."],
  ["console", "No console: report through the trace port."],
  ["BigInt", "No BigInt: keep it under 2^30 in an i32."],
  ["Promise", "No promises: the tick is the only time there is."],
  ["Map", "No Map: use a typed array with a capacity."],
  ["Set", "No Set: use the bits of an i32 or a typed array."],
  ["JSON", "No JSON: frames are bytes at fixed offsets (hal/telemetry.ts)."],
  ["globalThis", "No globals: a port of the hal, or a field."],
  ["process", "No process: firmware knows its ports and nothing else."],
  ["performance", "No performance: count ticks."],
  ["setTimeout", "No timers: keep a deadline in a field."],
  ["setInterval", "No timers: keep a deadline in a field."],
];

const EQUAL_EVERYWHERE = "the fingerprint of a run must be equal on every machine";

/** Exact to the last bit in every engine; everything else in Math may differ in its last bits. */
const EXACT_MATH = "abs|min|max|floor|ceil|round|trunc|sqrt|imul|fround|sign";

const SIMULATED_BANS = [
  [
    `MemberExpression[object.name="Math"]:not([property.name=/^(?:${EXACT_MATH})$/])`,
    `Only exact Math (${EXACT_MATH.replaceAll("|", ", ")}): ${EQUAL_EVERYWHERE}. Chance comes from emulator/random.ts.`,
  ],
  [
    'BinaryExpression[operator="**"], AssignmentExpression[operator="**="]',
    `No **: engines round it differently, and ${EQUAL_EVERYWHERE}. Multiply.`,
  ],
];

const DATE_BAN = ["Date", `No Date: it reads the host's clock and zone, and ${EQUAL_EVERYWHERE}. Count ticks.`];
const PERFORMANCE_BAN = ["performance", `No performance: it reads the host's clock, and ${EQUAL_EVERYWHERE}.`];

const syntaxBans = (rows) => ["error", ...rows.map(([selector, message]) => ({ selector, message }))];
const globalBans = (rows) => ["error", ...rows.map(([name, message]) => ({ name, message }))];

/** A loop must show, in its own line, a constant that it cannot pass and a step that leads there. */
const boundedLoop = {
  meta: {
    type: "problem",
    schema: [],
    messages: {
      bound:
        "No constant bound in sight: write `for (let i: i32 = 0; i < CAPACITY && i < count; i = (i + 1) | 0)`, " +
        "or count down from a constant.",
    },
  },
  create: (context) => ({
    ForStatement(node) {
      if (!isBounded(node)) context.report({ node, messageId: "bound" });
    },
  }),
};

function isBounded({ init, test, update }) {
  const start = init?.type === "VariableDeclaration" ? init.declarations[0] : undefined;
  if (start === undefined || start.id.type !== "Identifier" || !test) return false;
  const name = start.id.name;
  const step = stepOf(update, name);
  if (step === null) return false;
  const bound = conjuncts(test).find(
    (part) => part.type === "BinaryExpression" && part.left.name === name && isConstant(part.right),
  );
  if (bound === undefined) return false;
  if (step === "+") return bound.operator === "<" || bound.operator === "<=";
  return (bound.operator === ">" || bound.operator === ">=") && isConstant(start.init);
}

/** "+" or "-" when the update moves `name` by a constant, as `i++`, `i += N` or `i = (i + N) | 0`; else null. */
function stepOf(update, name) {
  if (update?.type === "UpdateExpression" && update.argument.name === name) return update.operator[0];
  if (update?.type !== "AssignmentExpression" || update.left.name !== name) return null;
  if (update.operator !== "=")
    return isConstant(update.right) ? (/^[+-](?==$)/.exec(update.operator)?.[0] ?? null) : null;
  const sum = update.right.operator === "|" ? update.right.left : update.right;
  const moves = sum.type === "BinaryExpression" && sum.left.name === name && isConstant(sum.right);
  return moves && (sum.operator === "+" || sum.operator === "-") ? sum.operator : null;
}

function conjuncts(test) {
  if (test.type !== "LogicalExpression" || test.operator !== "&&") return [test];
  return [...conjuncts(test.left), ...conjuncts(test.right)];
}

function isConstant(node) {
  if (!node) return false;
  if (node.type === "Literal") return typeof node.value === "number";
  if (node.type === "Identifier") return /^[A-Z][A-Z0-9_]*(?:_[a-z][A-Za-z]*)?$/.test(node.name);
  if (node.type === "UnaryExpression") return isConstant(node.argument);
  return node.type === "BinaryExpression" && isConstant(node.left) && isConstant(node.right);
}

export default tseslint.config(
  // The controller's target is AssemblyScript alone: its decorators are not TypeScript, and asc is the judge of it.
  { ignores: ["dist/", "dist.*/", "coverage/", "targets/wasm/", "hal/types.d.ts"] },
  {
    files: ["firmware/**/*.ts", "hal/**/*.ts"],
    languageOptions: { parser: tseslint.parser },
    plugins: { cistern: { rules: { "bounded-loop": boundedLoop } } },
    rules: {
      "cistern/bounded-loop": "error",
      "no-restricted-syntax": syntaxBans(DIALECT_BANS),
      "no-restricted-globals": globalBans(DIALECT_GLOBALS),
      "max-lines-per-function": ["error", { max: 70 }],
    },
  },
  {
    // The one file that throws; everything else asserts.
    files: ["hal/assert.ts"],
    rules: { "no-restricted-syntax": syntaxBans(DIALECT_BANS.filter(([selector]) => selector !== "ThrowStatement")) },
  },
  {
    files: [
      "{emulator,editors}/**/*.{ts,cjs}",
      "targets/machine/**/*.ts",
      "test/**/*.ts",
      "bench/**/*.{ts,mjs}",
      "{bin,scripts}/**/*.{ts,mjs,mts}",
      "*.{mjs,cjs,ts}",
    ],
    extends: [tseslint.configs.recommended],
    rules: {
      eqeqeq: "error",
      "no-console": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
    },
  },
  {
    // The step `types` finds unused names in TypeScript (tsconfig.json), and the rule takes a tenth of all linting.
    files: ["{editors,emulator,test,bench,scripts}/**/*.{ts,mts}"],
    rules: { "@typescript-eslint/no-unused-vars": "off" },
  },
  {
    files: ["emulator/cli/**/*.ts", "{bin,scripts}/**/*.mjs", "bench/**/*.{ts,mjs}"],
    rules: { "no-console": "off" },
  },
  {
    files: ["emulator/*.ts", "emulator/{board,world,machine,contract,telemetry,scenario,run}/**/*.ts"],
    rules: {
      "no-restricted-syntax": syntaxBans(SIMULATED_BANS),
      "no-restricted-globals": globalBans([DATE_BAN, PERFORMANCE_BAN]),
    },
  },
  {
    // The page of a report, which runs in a browser: what would not fit a screen is two functions.
    files: ["emulator/report/page/**/*.ts"],
    rules: { "max-lines-per-function": ["error", { max: 60, skipComments: true, skipBlankLines: true }] },
  },
  {
    // The one place for calendar arithmetic: UTC only, of times that it is given.
    files: ["emulator/calendar.ts"],
    rules: { "no-restricted-globals": globalBans([PERFORMANCE_BAN]) },
  },
  {
    // tseslint's recommended set forbids `require`, which is how a CommonJS file imports.
    files: ["**/*.cjs"],
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
);
