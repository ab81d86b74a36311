"use strict";
const buttons = [...document.querySelectorAll("[data-answer]")];
const answered = []; /* pairs of row ids that were answered on this page, in the order of their questions */
let place = 0; /* of the current question in `answered`; at its end the question is a new one */
let question = null;
let isBusy = true;
let isFinished = false;

/* Run one action at a time: a key pressed while an answer is being saved must not count for the next question. */
async function exclusively(action) {
  if (isBusy) return;
  setBusy(true);
  try {
    byId("trouble").textContent = "";
    await action();
  } catch (error) {
    byId("trouble").textContent = failure(error);
  } finally {
    setBusy(false);
  }
}

function setBusy(value) {
  isBusy = value;
  byId("board").setAttribute("aria-busy", String(value));
}

const isSamePair = (one, other) => one[0] === other[0] && one[1] === other[1];

function decide(answer) {
  if (!question || isFinished) return;
  return exclusively(async () => {
    const { rows } = question;
    const next = await request("/review/decide", { first: rows[0], second: rows[1], answer, why: byId("reason").value });
    if (!answered.some((pair) => isSamePair(pair, rows))) answered.push(rows);
    place += 1;
    byId("reason").value = "";
    await showCurrent(next);
  });
}

/* Show the current question: an answered one, or the new one, which came with the last response if there was one. */
async function showCurrent(next) {
  if (place < answered.length) {
    const [first, second] = answered[place];
    show(await request(`/review/pair?first=${first}&second=${second}`));
  } else show(next ?? (await request("/review/next")));
}

function previous() {
  if (place === 0 || !answered.length) return;
  return exclusively(async () => {
    isFinished = false;
    place -= 1;
    await showCurrent();
  });
}

function undo() {
  return exclusively(async () => {
    const response = await request("/review/undo", {});
    isFinished = false;
    if (response.question) {
      const undone = answered.findIndex((pair) => isSamePair(pair, response.question.rows));
      if (undone >= 0) answered.splice(undone, 1);
    }
    place = answered.length;
    show(response);
    byId("status").textContent = `Undone: ${response.taken_back}`;
  });
}

function finish() {
  return exclusively(() => {
    isFinished = true;
    show({ open: null, question: null });
  });
}

function show({ open, question: shown }) {
  question = shown;
  const n = answered.length;
  byId("status").textContent = open === null ? `${n} decided` : `${n} decided, ${open.toLocaleString("en")} open`;
  for (const button of buttons) {
    button.disabled = !question;
    button.setAttribute("aria-pressed", String(question?.answer === button.dataset.answer));
  }
  byId("previous").disabled = place === 0;
  byId("finish").disabled = isFinished;
  if (question) {
    byId("pair").replaceChildren(...question.issues.map(card));
    byId("why").replaceChildren(numbers(question), ...explanation(question.why));
    scrollTo(0, 0);
    return;
  }
  const line = isFinished ? "All answers are saved." : "No questions are open.";
  const more = isFinished ? "You can close this page. A later review continues from here." : "All pairs are decided.";
  byId("pair").replaceChildren();
  byId("why").replaceChildren(make("p", { kind: "finished" }, make("strong", { text: line }), more));
}

function card(issue) {
  const facts = [make("span", { text: issue.name }), ...stateAndDate(issue), make("span", { text: issue.source })];
  const title = issue.url
    ? make("a", { text: issue.title, href: issue.url, target: "_blank", rel: "noopener noreferrer" })
    : issue.title || "(no title)";
  const body = (issue.body.trim() || "(no description)") + (issue.is_cut ? " …" : "");
  return make(
    "article",
    { kind: "issue" },
    make("p", { kind: "facts" }, ...facts),
    make("h2", { dir: "auto" }, title),
    make("div", { kind: "text", dir: "auto", tabindex: "0", "aria-label": "Description" }, ...written(body)),
  );
}

function numbers({ score, margin, probability, answer, ...judgement }) {
  const line = make("p", { kind: "numbers" }, ...verdictBadge(judgement), " Score ", make("strong", { text: score.toFixed(3) }), `, margin ${margin.toFixed(3)}`);
  if (probability !== null) line.append(`, probability ${Math.round(100 * probability)}%`);
  if (answer) line.append(". Your answer: ", make("span", { text: answer, kind: "given-answer" }));
  return line;
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
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || byId("token-dialog").open) return;
  if (event.key === "w") {
    event.preventDefault();
    byId("reason").focus();
  }
  KEYS[event.key]?.();
});
for (const button of buttons) button.addEventListener("click", () => decide(button.dataset.answer));
byId("previous").addEventListener("click", previous);
byId("undo").addEventListener("click", undo);
byId("finish").addEventListener("click", finish);

start(() => {
  setBusy(false);
  exclusively(showCurrent);
});
