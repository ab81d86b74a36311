"use strict";
const byId = (id) => document.getElementById(id);
const answers = [...document.querySelectorAll("[data-answer]")];
const past = []; /* rows of the questions that were answered here, in the order in which they were asked */
let at = 0; /* place of the question at hand; beyond the last it is a new one */
let asked = null;
let isBusy = true;
let isDone = false;

/* An element with its text, which is never read as markup: whatever an issue says stays text. */
function make(name, { text, kind, ...more } = {}, ...children) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  for (const [key, value] of Object.entries(more)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

async function ask(path, fields) {
  const token = sessionStorage.getItem("token");
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const options = fields
    ? { method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body: JSON.stringify(fields) }
    : { headers };
  const answer = await fetch(path, options);
  if (answer.status === 401) byId("ask").open || byId("ask").showModal();
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error);
  return said;
}

/* One request at a time: a key that comes while an answer is being kept is not taken for the next question. */
async function during(work) {
  if (isBusy) return;
  busy(true);
  try {
    byId("trouble").textContent = "";
    await work();
  } catch (error) {
    byId("trouble").textContent =
      error instanceof TypeError ? "The service does not answer: is it still running?" : error.message;
  } finally {
    busy(false);
  }
}

function busy(is) {
  isBusy = is;
  byId("board").setAttribute("aria-busy", String(is));
}

const same = (one, other) => one[0] === other[0] && one[1] === other[1];

function decide(answer) {
  if (!asked || isDone) return;
  return during(async () => {
    const [first, second] = asked.rows;
    const said = await ask("/review/decide", { first, second, answer, why: byId("reason").value });
    if (!past.some((rows) => same(rows, asked.rows))) past.push(asked.rows);
    at += 1;
    byId("reason").value = "";
    await go(said);
  });
}

/* The question at hand: one of the past, or the new one that came with an answer. */
async function go(said) {
  if (at < past.length) {
    const [first, second] = past[at];
    said = await ask(`/review/pair?first=${first}&second=${second}`);
  }
  show(said ?? (await ask("/review/next")));
}

function previous() {
  if (at === 0 || !past.length) return;
  return during(async () => {
    isDone = false;
    at -= 1;
    await go();
  });
}

function undo() {
  return during(async () => {
    const said = await ask("/review/undo", {});
    isDone = false;
    if (said.question) {
      const place = past.findIndex((rows) => same(rows, said.question.rows));
      if (place >= 0) past.splice(place, 1);
    }
    at = past.length;
    show(said);
    byId("status").textContent = `Taken back: ${said.taken_back}`;
  });
}

function finish() {
  return during(() => {
    isDone = true;
    show({ open: null, question: null });
  });
}

function show({ open, question }) {
  asked = question;
  const n = past.length;
  byId("status").textContent = open === null ? `${n} decided` : `${n} decided, ${open.toLocaleString("en")} open`;
  for (const button of answers) {
    button.disabled = !question;
    button.setAttribute("aria-pressed", String(question?.answer === button.dataset.answer));
  }
  byId("previous").disabled = at === 0;
  byId("finish").disabled = isDone;
  byId("why").hidden = !question;
  if (!question) {
    const line = isDone ? "That is kept." : "Nothing is open.";
    const more = isDone ? "You can close this page; a later review goes on from here." : "All pairs are decided.";
    byId("pair").replaceChildren();
    byId("why").hidden = false;
    byId("why").replaceChildren(make("p", { kind: "done" }, make("strong", { text: line }), more));
    return;
  }
  byId("pair").replaceChildren(...question.issues.map(card));
  byId("why").replaceChildren(...why(question));
  scrollTo(0, 0);
}

function card(issue) {
  const facts = make("p", { kind: "facts" }, make("span", { text: issue.name }));
  if (issue.state) facts.append(make("span", { text: issue.state, kind: `is-${issue.state === "open" ? "open" : "closed"}` }));
  if (issue.created_at) facts.append(make("time", { text: issue.created_at.slice(0, 10), datetime: issue.created_at }));
  facts.append(make("span", { text: issue.source }));
  const title = issue.url
    ? make("a", { text: issue.title, href: issue.url, target: "_blank", rel: "noopener noreferrer" })
    : issue.title || "(no title)";
  const body = (issue.body.trim() || "(no description)") + (issue.is_cut ? " …" : "");
  return make(
    "article",
    { kind: "issue" },
    facts,
    make("h2", { dir: "auto" }, title),
    make("div", { text: body, kind: "text", dir: "auto", tabindex: "0", "aria-label": "Description" }),
  );
}

function why({ score, margin, probability, answer, why: { sentences, words, facts } }) {
  const numbers = make("p", { kind: "numbers" }, "Score ", make("strong", { text: score.toFixed(3) }), `, margin ${margin.toFixed(3)}`);
  if (probability !== null) numbers.append(`, probability ${Math.round(100 * probability)} %`);
  if (answer) numbers.append(". You said: ", make("span", { text: answer, kind: "said" }));
  const made = [numbers];
  const pieces = (all) => all.map(({ text, shared }) => (shared ? make("mark", { text }) : text));
  for (const { asked: left, found: right } of sentences) {
    made.push(make("div", { kind: "aligned" }, make("p", {}, ...pieces(left)), make("p", {}, ...pieces(right))));
  }
  if (words.length) made.push(make("p", { text: `Both say ${words.join(", ")}.`, kind: "words" }));
  const chips = facts.map(({ kind, both, asked: left, found: right }) =>
    both.length
      ? make("li", { text: `${kind} ${both.join(", ")}`, kind: "agree" })
      : make("li", { text: `${kind} ${left.join(", ")} here, ${right.join(", ")} there`, kind: "differ" }),
  );
  if (chips.length) made.push(make("ul", { kind: "chips" }, ...chips));
  return made;
}

const KEYS = {
  y: () => decide("same"), n: () => decide("different"), u: () => decide("unsure"),
  p: previous, z: undo, f: finish,
};

document.addEventListener("keydown", (event) => {
  if (event.target.matches("input")) {
    if (event.key === "Escape" || event.key === "Enter") event.target.blur();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || byId("ask").open) return;
  if (event.key === "w") {
    event.preventDefault();
    byId("reason").focus();
  }
  KEYS[event.key]?.();
});
for (const button of answers) button.addEventListener("click", () => decide(button.dataset.answer));
byId("previous").addEventListener("click", previous);
byId("undo").addEventListener("click", undo);
byId("finish").addEventListener("click", finish);
byId("theme").addEventListener("click", () => {
  const { dataset } = document.documentElement;
  const isDark = (dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  dataset.theme = isDark ? "light" : "dark";
});
byId("ask-form").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("token", byId("token").value);
  byId("ask").close();
  begin();
});

function begin() {
  busy(false);
  during(go);
}

const token = new URLSearchParams(location.hash.slice(1)).get("token");
if (token) {
  sessionStorage.setItem("token", token);
  history.replaceState(null, "", location.pathname);
}
begin();
