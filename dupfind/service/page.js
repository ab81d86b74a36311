"use strict";
const SPACING_MS = 100; /* least time between two queries, less than a key takes */
const PATIENCE_MS = 1000; /* a query under way for so long no longer holds back the next one */
const [title, body, hits, status] = ["title", "body", "hits", "status"].map(byId);
const filters = ["state", "project", "source"].map(byId);

let sent = 0; /* number of the newest query that was sent */
let shown = 0; /* number of the query whose answer is shown; older answers are dropped */
let running = 0; /* number of the query that holds back the next one; 0 for none */
let started = -SPACING_MS; /* when it was sent */
let isWaiting = false; /* whether the fields have changed since */
let timer = 0;

/* A title alone is a `text`, of which a few words are looked up; with a description it is a new issue. */
function query() {
  const chosen = filters.filter((filter) => filter.value).map((filter) => [filter.id, filter.value]);
  const text = body.value.trim() ? { title: title.value, body: body.value } : { text: title.value };
  return { ...text, ...Object.fromEntries(chosen), why: true, fold: true };
}

/* Search while a person types. A query under way goes on, the newest one waits for it, and the old hits stay. */
function changed() {
  if (!title.value.trim() && !body.value.trim()) return clear();
  hits.setAttribute("aria-busy", "true");
  isWaiting = true;
  sendNext();
}

function sendNext() {
  clearTimeout(timer);
  if (!isWaiting) return;
  const wait = started + (running ? PATIENCE_MS : SPACING_MS) - performance.now();
  if (wait > 0) timer = setTimeout(sendNext, wait);
  else search();
}

function clear() {
  clearTimeout(timer);
  isWaiting = false;
  shown = sent; /* an answer that still comes belongs to no text */
  hits.replaceChildren();
  hits.removeAttribute("aria-busy");
  report("Similar issues appear here as you type.");
}

async function search() {
  const number = (running = sent += 1);
  [started, isWaiting] = [performance.now(), false];
  const isNewest = () => number === sent && !isWaiting;
  try {
    const answer = await request("/query", query());
    if (number > shown) {
      shown = number;
      show(answer);
      if (isNewest()) hits.removeAttribute("aria-busy");
    }
  } catch (error) {
    if (number > shown && isNewest()) {
      hits.removeAttribute("aria-busy");
      report(failure(error), true);
    }
  }
  if (running === number) running = 0;
  sendNext();
}

function report(line, isTrouble = false) {
  status.textContent = line;
  status.classList.toggle("trouble", isTrouble);
}

function show(answer) {
  hits.replaceChildren(...answer.hits.map(card));
  const count = (verdict) => answer.hits.filter((hit) => hit.verdict === verdict).length;
  const [likely, possible] = [count("likely"), count("possible")];
  const verdicts = [likely && `${likely} likely`, possible && `${possible} possible`].filter(Boolean).join(", ");
  if (!answer.hits.length) report("No issue matches the filters.");
  else if (verdicts) report(`${verdicts} among the ${answer.hits.length} most similar`);
  else if (!answer.judged) report("The most similar issues. A few more words make a verdict possible.");
  else report("The most similar issues. None is a clear duplicate.");
}

function card(hit) {
  const facts = make("p", { kind: "facts" });
  facts.append(...verdictBadge(hit));
  facts.append(make("span", { text: /^\d+$/.test(hit.id) ? `#${hit.id}` : hit.id }), ...stateAndDate(hit));
  if (hasChoice(byId("project")) || hasChoice(byId("source"))) {
    facts.append(make("span", { text: hit.project ?? hit.source }));
  }
  if (hit.duplicate_of) facts.append(original(hit));
  if (hit.folded.length) facts.append(make("span", { text: `+${hit.folded.length} of its cluster` }));
  if (hit.probability !== null) facts.append(make("span", { text: `probability ${Math.round(100 * hit.probability)}%` }));
  const score = make("div", { text: hit.score.toFixed(3), kind: "score", title: "Cosine similarity" });
  const item = make("li", { kind: `hit ${hit.verdict ?? ""}`, tabindex: "-1", "data-id": hit.id });
  item.append(make("div", { kind: "head" }, make("h2", {}, link(hit, item)), score), facts);
  const order = make("p", { kind: "words", text: `Order: ${placed(hit)}.` });
  item.append(make("details", { kind: "why" }, make("summary", { text: "Why" }), ...explanation(hit.why), order));
  return item;
}

const HOLDS = {
  comments: "has all words in its comments",
  text: "has all words",
  title: "has all words in its title",
  phrase: "has the words in its title in this order",
};

/* What made the place of a hit, as `dupfind query --why` says it. The score alone does not. */
function placed({ why, probability }) {
  const parts = Object.entries(why.order)
    .filter(([, value]) => Math.abs(value) >= 0.05)
    .map(([name, value]) => `${name} ${value < 0 ? "" : "+"}${value.toFixed(1)}`);
  const first = [HOLDS[why.holds], probability === null ? null : `${Math.round(100 * probability)}% likely`];
  return [...first, parts.join(", ") || "by score alone"].filter(Boolean).join(", then ");
}

const WEB = { target: "_blank", rel: "noopener noreferrer", dir: "auto" };

const sourceOf = ({ source, project }) => new URLSearchParams({ source, ...(project === null ? {} : { project }) });

/* A title links to its tracker if that is on the web; otherwise it is a button that shows the indexed text. */
function link(hit, item) {
  const text = hit.title || "(no title)";
  if (/^https?:\/\//i.test(hit.url ?? "")) {
    return make("a", { ...WEB, text, href: hit.url });
  }
  const button = make("button", { text, type: "button", dir: "auto", "aria-expanded": "false" });
  button.addEventListener("click", () => toggleText(hit, item, button));
  return button;
}

/* The original that the tracker names: a button that becomes its title, with a link where it is on the web. */
function original(hit) {
  const text = `duplicate of ${hit.duplicate_of}`;
  const button = make("button", { text, type: "button", kind: "original", title: "Show its title" });
  button.addEventListener("click", async () => {
    try {
      // It may be in another project than the hit, which names its id alone.
      const { issue: marked } = await request(`/issues/${encodeURIComponent(hit.id)}?${sourceOf(hit)}`);
      const named = marked.duplicate_of.find(({ id }) => id === hit.duplicate_of) ?? {};
      const place = sourceOf({ source: hit.source, project: named.project ?? hit.project });
      const { issue } = await request(`/issues/${encodeURIComponent(hit.duplicate_of)}?${place}`);
      const title = issue.title || "(no title)";
      const isOnWeb = /^https?:\/\//i.test(issue.url ?? "");
      const shown = make(isOnWeb ? "a" : "bdi", isOnWeb ? { ...WEB, text: title, href: issue.url } : { text: title });
      button.replaceWith(make("span", { text: `${text}: ` }, shown));
      if (isOnWeb) shown.focus();
    } catch (error) {
      report(failure(error), true);
    }
  });
  return button;
}

async function toggleText(hit, item, button) {
  const text = item.querySelector(".text");
  button.setAttribute("aria-expanded", String(!text));
  if (text) return text.remove();
  try {
    const { issue } = await request(`/issues/${encodeURIComponent(hit.id)}?${sourceOf(hit)}`);
    if (!item.querySelector(".text")) {
      item.append(make("div", { kind: "text", dir: "auto", tabindex: "0" }, ...written(issue.body || "(no description)")));
    }
  } catch (error) {
    report(failure(error), true);
  }
}

/* Whether a filter has more than "any" and one name. */
const hasChoice = (select) => select.options.length > 2;

const focusedHit = () => document.activeElement.closest(".hit");

function move(by) {
  const all = [...hits.children];
  if (!all.length) return;
  const place = all.indexOf(focusedHit());
  const next = place < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(place + by, 0), all.length - 1);
  all[next].focus({ preventScroll: true });
  all[next].scrollIntoView({ block: "nearest" });
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const { target } = event;
  const isTyping = target.matches("input, textarea, select");
  if (event.key === "Escape" && isTyping) return target.blur();
  if (event.key === "Enter" && target === title) return event.preventDefault(), changed();
  if (isTyping) return;
  const actions = {
    j: () => move(1),
    k: () => move(-1),
    o: () => focusedHit()?.querySelector(".why summary")?.click(),
    "/": () => title.select(),
    ...(target.matches(".hit") ? { Enter: () => target.querySelector("h2 a, h2 button").click() } : {}),
  };
  if (!actions[event.key]) return;
  event.preventDefault();
  actions[event.key]();
}

async function load() {
  try {
    const [names, { index }] = await Promise.all([request("/names"), request("/health")]);
    byId("about").textContent = `${index.records.toLocaleString("en")} issues, ${index.model}`;
    for (const [id, options] of [["project", names.projects], ["source", names.sources]]) {
      const select = byId(id);
      select.append(...options.map((name) => make("option", { text: name, value: name })));
      select.closest("label").hidden = !hasChoice(select);
    }
    const isAsked = sent && (shown === sent || running || isWaiting); /* by a person who was faster than this page */
    if (!title.value && !body.value) clear();
    else if (!isAsked) changed();
  } catch (error) {
    report(failure(error), true);
  }
}

byId("query").addEventListener("input", changed);
byId("query").addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("keydown", pressed);
start(load);
