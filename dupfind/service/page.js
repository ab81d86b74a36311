"use strict";
const WAIT_MS = 160;
const byId = (id) => document.getElementById(id);
const [title, body, hits, status] = ["title", "body", "hits", "status"].map(byId);
const filters = ["state", "project", "source"].map(byId);

/* An element with its text, which is never read as markup: whatever an issue says stays text. */
function make(name, { text, kind, ...more } = {}, ...children) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  for (const [key, value] of Object.entries(more)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!given) return;
  sessionStorage.setItem("token", given);
  history.replaceState(null, "", location.pathname);
}

async function ask(path, options = {}) {
  const token = sessionStorage.getItem("token");
  const headers = { ...options.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  const answer = await fetch(path, { ...options, headers });
  if (answer.status === 401) byId("ask").open || byId("ask").showModal();
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error);
  return said;
}

let asking = null;
let waiting = 0;

function question() {
  const named = filters.filter((filter) => filter.value).map((filter) => [filter.id, filter.value]);
  return { title: title.value, body: body.value, ...Object.fromEntries(named), why: true, fold: true };
}

/* Ask once the typing pauses; what was asked before is given up, so that no older answer can follow a newer one. */
function typed(pause = WAIT_MS) {
  clearTimeout(waiting);
  asking?.abort();
  asking = null;
  if (!title.value.trim() && !body.value.trim()) return clear();
  hits.setAttribute("aria-busy", "true");
  waiting = setTimeout(search, pause);
}

function clear() {
  hits.replaceChildren();
  hits.removeAttribute("aria-busy");
  say("Issues that say the same appear here as you type.");
}

async function search() {
  const mine = (asking = new AbortController());
  const headers = { "Content-Type": "application/json" };
  try {
    const options = { method: "POST", headers, body: JSON.stringify(question()), signal: mine.signal };
    const said = await ask("/query", options);
    if (mine !== asking) return;
    show(said);
  } catch (error) {
    if (mine !== asking) return;
    hits.removeAttribute("aria-busy");
    say(error instanceof TypeError ? "The service does not answer: is it still running?" : error.message, true);
  }
}

function say(line, isTrouble = false) {
  status.textContent = line;
  status.classList.toggle("trouble", isTrouble);
}

function show(said) {
  hits.removeAttribute("aria-busy");
  hits.replaceChildren(...said.hits.map(card));
  const count = (verdict) => said.hits.filter((hit) => hit.verdict === verdict).length;
  const [likely, possible] = [count("likely"), count("possible")];
  const found = [likely && `${likely} likely`, possible && `${possible} possible`].filter(Boolean).join(", ");
  if (!said.hits.length) say("Nothing passes the filters.");
  else if (found) say(`${found} of the ${said.hits.length} nearest`);
  else if (!said.judged) say("The nearest issues; a few more words make a verdict possible.");
  else say("The nearest issues; none is surely the same.");
}

function card(hit) {
  const name = /^\d+$/.test(hit.id) ? `#${hit.id}` : hit.id;
  const facts = make("p", { kind: "facts" });
  if (hit.verdict) facts.append(make("span", { text: `${hit.verdict} duplicate`, kind: `badge ${hit.verdict}` }));
  facts.append(make("span", { text: name }));
  if (hit.state) facts.append(make("span", { text: hit.state, kind: hit.state === "open" ? "is-open" : "is-closed" }));
  if (hit.created_at) facts.append(make("time", { text: hit.created_at.slice(0, 10), datetime: hit.created_at }));
  if (several(byId("project")) || several(byId("source"))) facts.append(make("span", { text: hit.project ?? hit.source }));
  if (hit.duplicate_of) facts.append(make("span", { text: `duplicate of ${hit.duplicate_of}` }));
  if (hit.folded.length) facts.append(make("span", { text: `+${hit.folded.length} of its cluster` }));
  if (hit.probability !== null) facts.append(make("span", { text: `${Math.round(100 * hit.probability)} %` }));
  const score = make("div", { text: hit.score.toFixed(3), kind: "score", title: "Cosine similarity" });
  score.append(make("meter", { min: 0, max: 1, value: hit.score, "aria-hidden": "true" }));
  const made = make("li", { kind: `hit ${hit.verdict ?? ""}`, tabindex: "-1", "data-id": hit.id });
  made.append(make("div", { kind: "head" }, make("h2", {}, link(hit, made)), score), facts);
  if (hit.why.sentences.length || hit.why.words.length || hit.why.facts.length) made.append(why(hit.why));
  return made;
}

/* A title leads to its tracker where that is on the web; else it opens the text that is indexed. */
function link(hit, made) {
  const text = hit.title || "(no title)";
  if (/^https?:\/\//i.test(hit.url ?? "")) {
    return make("a", { text, href: hit.url, target: "_blank", rel: "noopener noreferrer", dir: "auto" });
  }
  const button = make("button", { text, type: "button", dir: "auto", "aria-expanded": "false" });
  button.addEventListener("click", () => open(hit, made, button));
  return button;
}

async function open(hit, made, button) {
  const shown = made.querySelector(".text");
  button.setAttribute("aria-expanded", String(!shown));
  if (shown) return shown.remove();
  const which = new URLSearchParams({ source: hit.source, ...(hit.project === null ? {} : { project: hit.project }) });
  try {
    const { issue } = await ask(`/issues/${encodeURIComponent(hit.id)}?${which}`);
    if (!made.querySelector(".text")) {
      made.append(make("div", { text: issue.body || "(no description)", kind: "text", dir: "auto", tabindex: "0" }));
    }
  } catch (error) {
    say(error.message, true);
  }
}

function why({ sentences, words, facts }) {
  const made = make("details", { kind: "why" }, make("summary", { text: "Why" }));
  const pieces = (all) => all.map(({ text, shared }) => (shared ? make("mark", { text }) : text));
  for (const { asked, found } of sentences) {
    made.append(make("div", { kind: "aligned" }, make("p", {}, ...pieces(asked)), make("p", {}, ...pieces(found))));
  }
  if (words.length) made.append(make("p", { text: `Both say ${words.join(", ")}.`, kind: "words" }));
  if (facts.length) {
    const chips = facts.map(({ kind, both, asked, found }) =>
      both.length
        ? make("li", { text: `${kind} ${both.join(", ")}`, kind: "agree" })
        : make("li", { text: `${kind} ${asked.join(", ")} here, ${found.join(", ")} there`, kind: "differ" }),
    );
    made.append(make("ul", { kind: "chips" }, ...chips));
  }
  return made;
}

const several = (select) => select.options.length > 2;

function here() {
  return document.activeElement.closest(".hit");
}

function step(by) {
  const all = [...hits.children];
  if (!all.length) return;
  const place = all.indexOf(here());
  const next = place < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(place + by, 0), all.length - 1);
  all[next].focus({ preventScroll: true });
  all[next].scrollIntoView({ block: "nearest" });
}

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const at = event.target;
  const isTyping = at.matches("input, textarea, select");
  if (event.key === "Escape" && isTyping) return at.blur();
  if (event.key === "Enter" && at === title) return event.preventDefault(), typed(0);
  if (isTyping) return;
  const actions = {
    j: () => step(1),
    k: () => step(-1),
    o: () => here()?.querySelector(".why summary")?.click(),
    "/": () => title.select(),
    ...(at.matches(".hit") ? { Enter: () => at.querySelector("h2 a, h2 button").click() } : {}),
  };
  if (!actions[event.key]) return;
  event.preventDefault();
  actions[event.key]();
}

function turn() {
  const root = document.documentElement;
  root.dataset.theme = getComputedStyle(root).colorScheme === "dark" ? "light" : "dark";
}

async function begin() {
  try {
    const [names, { index }] = await Promise.all([ask("/names"), ask("/health")]);
    byId("about").textContent = `${index.records.toLocaleString("en")} issues, ${index.model}`;
    for (const [id, known] of [["project", names.projects], ["source", names.sources]]) {
      const select = byId(id);
      select.append(...known.map((name) => make("option", { text: name, value: name })));
      select.closest("label").hidden = !several(select);
    }
    if (title.value || body.value) typed(0);
    else clear();
  } catch (error) {
    say(error.message, true);
  }
}

takeToken();
byId("question").addEventListener("input", (event) => typed(event.target.matches("select") ? 0 : WAIT_MS));
byId("question").addEventListener("submit", (event) => event.preventDefault());
byId("theme").addEventListener("click", turn);
document.addEventListener("keydown", press);
byId("ask").addEventListener("cancel", (event) => event.preventDefault());
byId("ask-form").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("token", byId("token").value);
  byId("token").value = "";
  byId("ask").close();
  begin();
});
begin();
