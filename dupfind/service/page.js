"use strict";
const WAIT_MS = 160; /* pause in the typing after which a query is sent */
const [title, body, hits, status] = ["title", "body", "hits", "status"].map(byId);
const filters = ["state", "project", "source"].map(byId);

let current = null; /* AbortController of the query that is sent */
let timer = 0;

function query() {
  const chosen = filters.filter((filter) => filter.value).map((filter) => [filter.id, filter.value]);
  return { title: title.value, body: body.value, ...Object.fromEntries(chosen), why: true, fold: true };
}

/* Search once the typing pauses. An earlier query is aborted, so that its answer cannot replace a newer one. */
function changed(pause = WAIT_MS) {
  clearTimeout(timer);
  current?.abort();
  current = null;
  if (!title.value.trim() && !body.value.trim()) return clear();
  hits.setAttribute("aria-busy", "true");
  timer = setTimeout(search, pause);
}

function clear() {
  hits.replaceChildren();
  hits.removeAttribute("aria-busy");
  report("Similar issues appear here as you type.");
}

async function search() {
  const controller = (current = new AbortController());
  try {
    const answer = await request("/query", query(), { signal: controller.signal });
    if (controller === current) show(answer);
  } catch (error) {
    if (controller !== current) return;
    hits.removeAttribute("aria-busy");
    report(failure(error), true);
  }
}

function report(line, isTrouble = false) {
  status.textContent = line;
  status.classList.toggle("trouble", isTrouble);
}

function show(answer) {
  hits.removeAttribute("aria-busy");
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
  if (hit.duplicate_of) facts.append(make("span", { text: `duplicate of ${hit.duplicate_of}` }));
  if (hit.folded.length) facts.append(make("span", { text: `+${hit.folded.length} of its cluster` }));
  if (hit.probability !== null) facts.append(make("span", { text: `${Math.round(100 * hit.probability)} %` }));
  const score = make("div", { text: hit.score.toFixed(3), kind: "score", title: "Cosine similarity" });
  score.append(make("meter", { min: 0, max: 1, value: hit.score, "aria-hidden": "true" }));
  const item = make("li", { kind: `hit ${hit.verdict ?? ""}`, tabindex: "-1", "data-id": hit.id });
  item.append(make("div", { kind: "head" }, make("h2", {}, link(hit, item)), score), facts);
  const why = explanation(hit.why);
  if (why.length) item.append(make("details", { kind: "why" }, make("summary", { text: "Why" }), ...why));
  return item;
}

/* A title links to its tracker if that is on the web; otherwise it is a button that shows the indexed text. */
function link(hit, item) {
  const text = hit.title || "(no title)";
  if (/^https?:\/\//i.test(hit.url ?? "")) {
    return make("a", { text, href: hit.url, target: "_blank", rel: "noopener noreferrer", dir: "auto" });
  }
  const button = make("button", { text, type: "button", dir: "auto", "aria-expanded": "false" });
  button.addEventListener("click", () => toggleText(hit, item, button));
  return button;
}

async function toggleText(hit, item, button) {
  const text = item.querySelector(".text");
  button.setAttribute("aria-expanded", String(!text));
  if (text) return text.remove();
  const name = new URLSearchParams({ source: hit.source, ...(hit.project === null ? {} : { project: hit.project }) });
  try {
    const { issue } = await request(`/issues/${encodeURIComponent(hit.id)}?${name}`);
    if (!item.querySelector(".text")) {
      item.append(make("div", { text: issue.body || "(no description)", kind: "text", dir: "auto", tabindex: "0" }));
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
  if (event.key === "Enter" && target === title) return event.preventDefault(), changed(0);
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
    if (title.value || body.value) changed(0);
    else clear();
  } catch (error) {
    report(failure(error), true);
  }
}

byId("query").addEventListener("input", (event) => changed(event.target.matches("select") ? 0 : WAIT_MS));
byId("query").addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("keydown", pressed);
start(load);
