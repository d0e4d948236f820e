// Small helps on every page: copying, arrow keys on the tile map, saying when the network is gone.
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

function arrowsBetweenTiles(map) {
  const tiles = [...map.querySelectorAll(".tile")];
  map.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    const from = event.target.closest(".tile");
    if (!step || !from) return;
    event.preventDefault();
    const to = neighbour(tiles, from, step);
    if (to) to.focus();
  });
}

function sayWhenOffline() {
  const bar = document.getElementById("offline");
  const show = () => { bar.hidden = navigator.onLine; };
  addEventListener("offline", show);
  addEventListener("online", show);
  show();
}

document.querySelectorAll("[data-copy]").forEach(copyOnClick);
document.querySelectorAll("[data-tiles]").forEach(arrowsBetweenTiles);
sayWhenOffline();
