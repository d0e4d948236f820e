// Checks a proof of the log in the browser: the entry's digest, its path to the root (RFC 9162), the
// signature of the head. What the server says of it is not believed.
"use strict";

const CIVIL = { dateStyle: "long", timeStyle: "short", timeZone: "Asia/Shanghai" };
const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (two) => parseInt(two, 16));
const fromBase64 = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
const toHex = (bytes) => [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");

async function digest(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer()));
}

async function rootOf(proof) {
  let node = await digest(Uint8Array.of(0), fromBase64(proof.body_base64));
  let index = proof.entry;
  let last = proof.tree_size - 1;
  const up = () => { index = Math.floor(index / 2); last = Math.floor(last / 2); };
  for (const step of proof.path.map(fromHex)) {
    if (index % 2 || index === last) {
      node = await digest(Uint8Array.of(1), step, node);
      while (index && index % 2 === 0) up();
    } else {
      node = await digest(Uint8Array.of(1), node, step);
    }
    up();
  }
  return last === 0 ? toHex(node) : null;
}

// `null` where this browser knows no Ed25519.
async function isSigned(head, key) {
  let known;
  try {
    known = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
  } catch (error) {
    if (error.name === "NotSupportedError") return null;
    throw error;
  }
  const quoted = ["at", "key_id", "root"].map((name) => `"${name}": ${JSON.stringify(head[name])}`);
  const message = `xihu-audit-head\n{${quoted.join(", ")}, "size": ${head.size}}`;
  return crypto.subtle.verify("Ed25519", known, fromBase64(head.signature), new TextEncoder().encode(message));
}

async function judge(proof, entry) {
  const head = JSON.parse(proof.head);
  const agree = proof.entry === entry && head.root === proof.root && head.size === proof.tree_size;
  if (!agree || await rootOf(proof) !== proof.root) return ["broken", head];
  const signed = await isSigned(head, fromBase64(proof.public_key_base64));
  return [signed === null ? "unsigned" : signed ? "holds" : "broken", head];
}

function offer(place, words) {
  const button = place.querySelector("button");
  const said = place.querySelector("[role=status]");
  const say = (verdict, facts) => {
    place.dataset.verdict = verdict;
    said.textContent = Object.entries(facts).reduce((text, [name, value]) => text.replace(`{${name}}`, value), words[verdict]);
  };
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    say("busy", {});
    try {
      const answer = await fetch(place.dataset.proof);
      if (!answer.ok) throw new Error(answer.statusText);
      const [verdict, head] = await judge(await answer.json(), Number(place.dataset.entry));
      const lang = document.documentElement.lang === "en" ? "en-GB" : "zh-CN";
      const at = new Date(head.at).toLocaleString(lang, CIVIL);
      say(verdict, { entry: place.dataset.entry, size: head.size.toLocaleString(lang), at });
    } catch {
      say("failed", {});
    }
    button.disabled = false;
  });
}

if (globalThis.crypto?.subtle) { // on https and on this machine only
  const words = document.getElementById("proof-words")?.dataset;
  if (words) document.querySelectorAll("[data-proof]").forEach((place) => offer(place, words));
}
