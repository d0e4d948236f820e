// Small helps on every page: copying, arrow keys on map and table, saying when the network is gone.
"use strict";

function copyOnClick(button) {
  if (!navigator.clipboard) { button.remove(); return; } // browsers offer it on https and on this machine only
  button.addEventListener("click", async () => {
    const words = button.querySelector("span");
    const before = words.textContent;
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    words.textContent = button.dataset.done;
    setTimeout(() => { words.textContent = before; }, 2000);
  });
}

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// The nearest tile that lies in the direction of the key: rows and columns have gaps.
function neighbour(tiles, from, [across, down]) {
  const place = (tile) => [Number(tile.dataset.col), Number(tile.dataset.row)];
  const [col, row] = place(from);
  const ranked = tiles.filter((tile) => tile !== from).map((tile) => {
    const [c, r] = place(tile);
    const ahead = (c - col) * across + (r - row) * down;
    const aside = Math.abs((c - col) * down) + Math.abs((r - row) * across);
    return { tile, ahead, cost: ahead + 3 * aside };
  }).filter((one) => one.ahead > 0);
  ranked.sort((a, b) => a.cost - b.cost);
  return ranked.length ? ranked[0].tile : null;
}

// One tab stop for all links of a place; `next` finds where a key leads from the link at hand.
function oneTabStop(links, next) {
  if (!links.length) return;
  const stop = (chosen) => links.forEach((link) => link.setAttribute("tabindex", link === chosen ? "0" : "-1"));
  stop(links[0]);
  links.forEach((link) => {
    link.addEventListener("focus", () => stop(link));
    link.addEventListener("keydown", (event) => {
      const to = next(event.key, link);
      if (to === undefined) return;
      event.preventDefault();
      if (to) to.focus();
    });
  });
}

function arrowsBetweenTiles(map) {
  const tiles = [...map.querySelectorAll(".tile")];
  const ring = map.querySelector(".tile-ring");
  tiles.forEach((tile) => tile.addEventListener("focus", () => {
    const place = tile.querySelector("rect");
    ["x", "y"].forEach((name) => ring.setAttribute(name, place.getAttribute(name)));
  }));
  oneTabStop(tiles, (key, from) => (STEPS[key] ? neighbour(tiles, from, STEPS[key]) : undefined));
}

function arrowsBetweenRows(table) {
  const links = [...table.querySelectorAll("tbody a")];
  oneTabStop(links, (key, from) => {
    const at = links.indexOf(from);
    const places = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: links.length - 1 };
    return key in places ? links[places[key]] ?? null : undefined;
  });
}

function closeOnEscape(event) {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.source[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
}

// One key for each act of a page that names them, outside of fields.
function keysOfActs(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
  const act = document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!act) return;
  event.preventDefault();
  if (!act.dataset.opens) { act.click(); return; }
  const form = document.getElementById(act.dataset.opens);
  form.open = true;
  (form.querySelector("textarea, input:not([type=hidden]), select, button") ?? form).focus();
}

function sayWhenOffline() {
  const bar = document.getElementById("offline");
  const show = () => { bar.hidden = navigator.onLine; };
  addEventListener("offline", show);
  addEventListener("online", show);
  show();
}

const WAIT_MS = 2000;

// An answer that takes longer than two seconds is said to be on its way; coming back takes it away.
function sayWhenSlow(area) {
  const said = document.getElementById(area.dataset.wait);
  let timer = 0;
  const begin = () => { clearTimeout(timer); timer = setTimeout(() => { said.hidden = false; }, WAIT_MS); };
  area.addEventListener("submit", begin);
  area.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    const here = link && !link.hash && new URL(link.href).pathname === location.pathname;
    if (here && !event.ctrlKey && !event.metaKey && !event.shiftKey) begin();
  });
  addEventListener("pageshow", () => { clearTimeout(timer); said.hidden = true; });
}

document.querySelectorAll("[data-copy]").forEach(copyOnClick);
document.querySelectorAll("[data-tiles]").forEach(arrowsBetweenTiles);
document.querySelectorAll("[data-rows]").forEach(arrowsBetweenRows);
document.querySelectorAll("[data-wait]").forEach(sayWhenSlow);
addEventListener("keydown", closeOnEscape);
addEventListener("keydown", keysOfActs);
sayWhenOffline();
