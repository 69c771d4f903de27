"use strict";
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

/* Tables sort by their heads, and the cards that their rows link to go along. */
const collator = new Intl.Collator(undefined, {numeric: true});
const cardOf = row => document.getElementById(row.querySelector("a[href^='#']")?.getAttribute("href").slice(1) ?? "");
const sort = (table, head) => {
  const cellOf = row => row.cells[head.cellIndex], rows = [...table.tBodies[0].rows];
  const key = row => cellOf(row).dataset.value ?? cellOf(row).textContent;
  const numeric = rows.some(row => "value" in cellOf(row).dataset), now = head.getAttribute("aria-sort");
  const up = now ? now === "descending" : !numeric, sign = up ? 1 : -1;
  const numbers = (a, b) => (key(a) === "") - (key(b) === "") || sign * (Number(key(a)) - Number(key(b)));
  rows.sort(numeric ? numbers : (a, b) => sign * collator.compare(key(a), key(b)));
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  table.tBodies[0].append(...rows);
  const cards = [...new Set(rows.map(cardOf).filter(Boolean))];
  cards[0]?.parentNode.append(...cards);
};
for (const table of all("table.sortable")) for (const head of table.tHead.rows[0].cells) {
  const button = document.createElement("button");
  button.type = "button";
  button.append(...head.childNodes);
  button.addEventListener("click", () => sort(table, head));
  head.append(button);
}

/* One bar filters rows and cards alike: by button, kind and part of the name. */
const bar = document.querySelector(".filters");
if (bar) {
  const items = all("[data-tags]"), kind = bar.querySelector("select"), text = bar.querySelector("input");
  const counted = items.some(item => item.matches("tr")) ? "tr" : ".card", total = items.filter(item => item.matches(counted)).length;
  const filter = () => {
    const tag = bar.querySelector("[aria-pressed=true]").dataset.filter, part = text.value.trim().toLowerCase();
    const shown = ({tags, kind: its, name}) =>
      tags.split(" ").includes(tag) && (!kind?.value || its === kind.value) && name.toLowerCase().includes(part);
    for (const item of items) item.hidden = !shown(item.dataset);
    bar.querySelector("output").value = `${items.filter(item => item.matches(counted) && !item.hidden).length} of ${total} shown`;
  };
  for (const button of all("[data-filter]", bar)) button.addEventListener("click", () => {
    for (const other of all("[data-filter]", bar)) other.setAttribute("aria-pressed", other === button);
    filter();
  });
  text.addEventListener("input", filter);
  kind?.addEventListener("change", filter);
  bar.hidden = false;
  filter();
}

/* Pictures become elements as their card comes near the window. */
const compared = (strip, name) => {
  const template = document.getElementById("compare");
  const sources = ["query", "reference"].map(picture => strip.querySelector(`[data-picture=${picture}] img`));
  if (!template || !sources.every(Boolean)) return;
  const figure = template.content.firstElementChild.cloneNode(true), line = figure.querySelector("input");
  const [below, above] = all("img", figure);
  [above.src, below.src] = sources.map(image => image.src);
  line.setAttribute("aria-label", `How much of the query covers the reference, ${name}`);
  line.addEventListener("input", () => figure.style.setProperty("--cut", line.value));
  strip.prepend(figure);
};
const fill = card => {
  const carrier = card?.querySelector("noscript");
  if (!carrier) return;
  carrier.insertAdjacentHTML("afterend", carrier.textContent);
  carrier.remove();
  compared(card.querySelector(".strip"), card.dataset.name);
};
const near = new IntersectionObserver(
  entries => { for (const {isIntersecting, target} of entries) if (isIntersecting) { near.unobserve(target); fill(target); } },
  {rootMargin: "600px"},
);
for (const card of all(".card")) near.observe(card);
addEventListener("beforeprint", () => all(".card:not([hidden])").forEach(fill));

/* j and k go from card to card, the arrows from row to row. */
const beside = (element, step, within) => {
  const found = all(within).filter(other => !other.hidden);
  return found[element ? found.indexOf(element) + step : 0];
};
const goTo = card => {
  if (!card) return;
  fill(card);
  card.focus({preventScroll: true});
  card.scrollIntoView();
};
for (const hint of all(".keys")) hint.hidden = false;
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input[type=search], select")) return;
  const card = event.target.closest(".card"), row = event.target.closest(".sortable tbody tr");
  const through = {j: 1, k: -1}[event.key], along = row && {ArrowDown: 1, ArrowUp: -1}[event.key];
  if (through) goTo(beside(card, through, ".card"));
  if (!along) return;
  event.preventDefault();
  beside(row, along, ".sortable tbody tr")?.querySelector("a")?.focus();
});
