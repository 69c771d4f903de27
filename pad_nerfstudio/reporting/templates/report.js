document.querySelectorAll("#queries thead th").forEach((head, column) => head.addEventListener("click", () => {
  const key = row => { const cell = row.cells[column]; return cell.dataset.value ?? cell.textContent; };
  const body = document.querySelector("#queries tbody");
  const order = (a, b) => key(a).localeCompare(key(b), undefined, {numeric: true});
  const numbers = (a, b) => Number(key(a)) - Number(key(b));
  const rows = [...body.rows], numeric = rows.length > 0 && "value" in rows[0].cells[column].dataset;
  const now = head.getAttribute("aria-sort"), up = now ? now === "descending" : !numeric;
  head.parentNode.querySelectorAll("th").forEach(other => other.removeAttribute("aria-sort"));
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  rows.sort(numeric ? numbers : order);
  body.append(...(up ? rows : rows.reverse()));
}));
document.querySelectorAll("[data-filter]").forEach(button => button.addEventListener("click", () => {
  document.querySelectorAll("[data-filter]").forEach(other => other.setAttribute("aria-pressed", other === button));
  document.querySelectorAll(".card").forEach(card => { card.hidden = !card.dataset.tags.split(" ").includes(button.dataset.filter); });
}));
