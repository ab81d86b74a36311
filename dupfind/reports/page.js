"use strict";
const byId = (id) => document.getElementById(id);
const clusters = [...document.querySelectorAll(".cluster")];
const words = clusters.map(() => null);
const [text, state, kind, score] = ["text", "state", "kind", "score"].map(byId);

function filter() {
  const terms = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  clusters.forEach((cluster, n) => {
    const { score: best, state: ownState, kind: ownKind } = cluster.dataset;
    let passes = Number(best) >= Number(score.value) && (!state.value || ownState === state.value) && (!kind.value || ownKind === kind.value);
    if (passes && terms.length) {
      words[n] ??= wordsOf(cluster);
      passes = terms.every((word) => words[n].includes(word));
    }
    cluster.hidden = !passes;
    shown += passes;
  });
  byId("floor").textContent = Number(score.value).toFixed(3);
  byId("tally").textContent = `${shown.toLocaleString("en")} of ${clusters.length.toLocaleString("en")}`;
  byId("none").hidden = shown > 0 || !clusters.length;
}

/* Return the words of a cluster in lower case, without those of buttons and commands, which every cluster has. */
function wordsOf(cluster) {
  const copied = cluster.cloneNode(true);
  copied.querySelectorAll("button, summary, .close").forEach((one) => one.remove());
  return copied.textContent.toLowerCase();
}

function step(by) {
  const shown = clusters.filter((cluster) => !cluster.hidden);
  if (!shown.length) return;
  const here = shown.indexOf(document.activeElement.closest(".cluster"));
  const next = here < 0 ? (by > 0 ? 0 : shown.length - 1) : Math.min(Math.max(here + by, 0), shown.length - 1);
  shown[next].focus({ preventScroll: true });
  shown[next].scrollIntoView({ block: "nearest" });
}

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.matches("input:not([type=range]), select, textarea");
  if (event.key === "Escape" && typing) return event.target.blur();
  if (typing) return;
  const actions = {
    j: () => step(1),
    k: () => step(-1),
    o: () => document.activeElement.closest(".cluster")?.querySelector(".why summary").click(),
    t: () => document.activeElement.closest(".cluster")?.querySelector(".texts summary").click(),
    "/": () => text.focus(),
  };
  if (!actions[event.key]) return;
  event.preventDefault();
  actions[event.key]();
}

/* Copy the comment on a duplicate; a browser that forbids it shows the text, selected. */
async function copyComment(button) {
  const { comment } = button.dataset;
  try {
    await navigator.clipboard.writeText(comment);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy as a comment"; }, 2000);
  } catch {
    const shown = button.parentElement.querySelector(".comment") ?? document.createElement("textarea");
    shown.className = "comment";
    shown.readOnly = true;
    shown.value = comment;
    shown.setAttribute("aria-label", "The comment");
    button.after(shown);
    shown.select();
  }
}

function switchTheme() {
  const root = document.documentElement;
  const isDark = getComputedStyle(root).colorScheme === "dark";
  root.dataset.theme = isDark ? "light" : "dark";
}

/* Decisions on pairs of a canonical issue and another one, by the place of cluster and issue, until they are saved. */
const decisions = new Map();
let isSaved = true;

function button(text, pressed) {
  const made = document.createElement("button");
  [made.type, made.textContent] = ["button", text];
  made.addEventListener("click", pressed);
  return made;
}

function decide(cluster, place, answer, buttons) {
  const key = `${cluster.id} ${place}`;
  const isTakenBack = decisions.get(key)?.answer === answer;
  if (isTakenBack) decisions.delete(key);
  else {
    const sides = JSON.parse(atob(cluster.dataset.sides));
    decisions.set(key, { first: sides[0], second: sides[place], answer, decided_at: new Date().toISOString() });
  }
  for (const each of buttons) each.setAttribute("aria-pressed", String(!isTakenBack && each.textContent === answer));
  isSaved = decisions.size === 0;
  byId("deeds").hidden = decisions.size === 0;
  byId("save").textContent = `Save ${decisions.size} decision${decisions.size === 1 ? "" : "s"}`;
}

/* Save what docs/decisions.md describes: one decision a line. */
function save() {
  const who = byId("who").value.trim();
  const lines = [...decisions.values()].map((decision) => JSON.stringify({ schema_version: 1, ...decision, who, why: "" }));
  const file = document.createElement("a");
  file.href = URL.createObjectURL(new Blob(lines.map((line) => `${line}\n`), { type: "application/x-ndjson" }));
  file.download = "decisions.jsonl";
  file.click();
  isSaved = true;
}

function copy(code, pressed) {
  getSelection().selectAllChildren(code); /* where a page may not write to the clipboard, Ctrl-C does */
  navigator.clipboard?.writeText(code.textContent).then(() => { pressed.textContent = "copied"; }, () => {});
}

for (const cluster of clusters) {
  for (const line of cluster.querySelectorAll(".decide")) {
    const buttons = ["same", "different"].map((answer) =>
      button(answer, () => decide(cluster, Number(line.dataset.place), answer, buttons)),
    );
    for (const each of buttons) each.setAttribute("aria-pressed", "false");
    line.append(...buttons);
  }
}
for (const code of document.querySelectorAll(".close code")) {
  const made = button("copy", () => copy(code, made));
  code.after(" ", made);
}
byId("save").addEventListener("click", save);
window.addEventListener("beforeunload", (event) => { if (!isSaved) event.preventDefault(); });

let timer = 0;
byId("filters").hidden = byId("theme").hidden = false;
byId("filters").addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(filter, 60); });
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("theme").addEventListener("click", switchTheme);
document.addEventListener("keydown", press);
for (const button of document.querySelectorAll(".copy")) button.hidden = false;
document.querySelector("main").addEventListener("click", (event) => {
  if (event.target.matches(".copy")) copyComment(event.target);
});
window.addEventListener("beforeprint", () => document.querySelectorAll(".why").forEach((why) => { why.open = true; }));
filter();
