"use strict";
/* Shared by the search page and the review page: elements, requests with a token, explanations, the theme. */
const byId = (id) => document.getElementById(id);

/* Create an element. Its text is never parsed as markup, so an issue cannot inject any. */
function make(name, { text, kind, ...attributes } = {}, ...children) {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  if (kind) element.className = kind;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/* Get a path, or post fields to it, and return the JSON of the response. Without a valid token, ask for one. */
async function request(path, fields, options = {}) {
  const token = sessionStorage.getItem("token");
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  if (fields !== undefined) {
    headers["Content-Type"] = "application/json";
    options = { ...options, method: "POST", body: JSON.stringify(fields) };
  }
  const response = await fetch(path, { ...options, headers });
  if (response.status === 401 && !byId("token-dialog").open) byId("token-dialog").showModal();
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

/* The message for a failed request; `fetch` throws a TypeError if nothing answers. */
function failure(error) {
  return error instanceof TypeError ? "The service does not answer: is it still running?" : error.message;
}

/* The state of an issue with the reason, as `state_in_words` in records.py writes it, and its date. */
function stateAndDate({ state, resolution, created_at: created }) {
  const elements = [];
  const reason = (resolution ?? "").replaceAll("_", " ").trim();
  const text = state === "closed" && reason && reason !== "closed" ? `closed as ${reason}` : state;
  if (state) elements.push(make("span", { text, kind: state === "open" ? "is-open" : "is-closed" }));
  if (created) elements.push(make("time", { text: created.slice(0, 10), datetime: created }));
  return elements;
}

/* The kinds of a verdict in words, as docs/evaluation.md lists them. */
const KINDS = {
  copy: "copy",
  duplicate: "duplicate",
  regression: "regression: it was fixed",
  declined: "duplicate of a declined issue",
};

/* The verdict on a pair and its kind in words, or why it has none. */
function verdictBadge({ verdict, kind, difference, closed_at: closed }) {
  const badge = (text, css) => [make("span", { text, kind: `badge ${css}`.trim() })];
  const when = kind === "regression" && closed ? ` on ${closed.slice(0, 10)}` : "";
  if (verdict) return badge(`${verdict} ${KINDS[kind] ?? KINDS.duplicate}${when}`, verdict);
  if (difference) return badge(`sibling, ${difference.kind}: ${difference.asked || "not"} ≠ ${difference.found || "not"}`, "");
  if (kind === "sibling") return badge("a sibling", "");
  if (kind === "recurring") return badge("a series", "");
  return [];
}

/* What two texts have in common: pairs of sentences, shared words, and facts that agree or differ. */
function explanation({ sentences, words, facts }) {
  const segments = (all) => all.map(({ text, shared }) => (shared ? make("mark", { text }) : text));
  const elements = sentences.map(({ asked, found }) =>
    make("div", { kind: "aligned" }, make("p", {}, ...segments(asked)), make("p", {}, ...segments(found))),
  );
  if (words.length) elements.push(make("p", { text: `Both say ${words.join(", ")}.`, kind: "words" }));
  const chips = facts.map(({ kind, both, asked, found }) =>
    both.length
      ? make("li", { text: `${kind} ${both.join(", ")}`, kind: "agree" })
      : make("li", { text: `${kind} ${asked.join(", ")} here, ${found.join(", ")} there`, kind: "differ" }),
  );
  if (chips.length) elements.push(make("ul", { kind: "chips" }, ...chips));
  return elements;
}

/* The text of an issue with its code set apart: fenced blocks, and pieces between backticks. Nothing else is read. */
function written(text) {
  const nodes = [];
  let lines = [];
  let isCode = false;
  const end = () => {
    const part = lines.join("\n");
    lines = [];
    if (isCode) nodes.push(make("pre", {}, make("code", { text: part })));
    else nodes.push(...part.split(/`([^`\n]+)`/).map((piece, at) => (at % 2 ? make("code", { text: piece }) : piece)));
  };
  for (const line of text.split("\n")) {
    if (/^ {0,3}(?:`{3,}[^`]*|~{3,}.*)$/.test(line)) {
      end();
      isCode = !isCode;
    } else lines.push(line);
  }
  end();
  return nodes;
}

function switchTheme() {
  const root = document.documentElement;
  root.dataset.theme = getComputedStyle(root).colorScheme === "dark" ? "light" : "dark";
}

/* Load the page, and load it again when a person enters a token. `#token=...` in the address is a token, too. */
function start(load) {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token) {
    sessionStorage.setItem("token", token);
    history.replaceState(null, "", location.pathname);
  }
  byId("theme").addEventListener("click", switchTheme);
  byId("token-dialog").addEventListener("cancel", (event) => event.preventDefault());
  byId("token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem("token", byId("token").value);
    byId("token").value = "";
    byId("token-dialog").close();
    load();
  });
  load();
}
