/* What the console does beyond plain pages: keys, and live parts that never move what somebody reads or types. */
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  /* ---- keys ---- */
  let chosen = -1;
  const rows = () => all("[data-rows] > *").filter((row) => $("a[href]", row));
  const choose = (n) => {
    const found = rows();
    if (!found.length) return;
    found.forEach((row) => row.classList.remove("chosen"));
    chosen = Math.max(0, Math.min(found.length - 1, n));
    const row = found[chosen];
    row.classList.add("chosen");
    const link = $("a[href]", row);
    link.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.key === "Escape" && typing(target)) { target.blur(); return; }
    if (typing(target) || $("dialog[open]")) return;
    if (event.key === "/") { const box = $("#find"); if (box) { event.preventDefault(); box.focus(); box.select(); } }
    else if (event.key === "j") { event.preventDefault(); choose(chosen + 1); }
    else if (event.key === "k") { event.preventDefault(); choose(chosen - 1); }
    else if (event.key === "?") { const help = $("#keys-help"); if (help) { event.preventDefault(); help.showModal(); } }
    else if (event.key === "Enter" && chosen >= 0 && target === document.body) { const row = rows()[chosen]; if (row) $("a[href]", row).click(); }
  });
  document.addEventListener("focusin", (event) => {
    const at = rows().findIndex((row) => row.contains(event.target));
    if (at >= 0) chosen = at;
  });
  all("[data-close]").forEach((button) => button.addEventListener("click", () => button.closest("dialog").close()));
  all("[data-opens]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => document.getElementById(button.dataset.opens).showModal());
  });

  /* ---- copying ---- */
  all("[data-copy]").forEach((button) => {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText($(button.dataset.copy).textContent.trim());
      const before = button.textContent;
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = before; }, 2000);
    });
  });

  /* ---- live parts ---- */
  const part = $("[data-live]");
  if (!part || !window.EventSource) return;
  const wanted = part.dataset.live.split(" ").filter(Boolean);
  const button = $("#new-rows");
  let waiting = 0;
  const reading = () => window.scrollY > 40 || part.contains(document.activeElement) && document.activeElement !== document.body || String(window.getSelection()).length > 0;
  let fetching = null;
  // One look at a time: an older answer never replaces a newer one.
  const fetchNow = (asked) => { fetching = (fetching || Promise.resolve()).then(() => fetchOnce(asked)).catch(() => {}); };
  const fetchOnce = async (asked) => {
    if (!waiting && !asked) return;
    const seen = waiting;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, credentials: "same-origin", cache: "no-store" });
    if (!answer.ok || answer.redirected) { location.reload(); return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = $("[data-live]", page);
    if (!fresh) return;
    if (!asked && reading()) { announce(); return; }
    part.replaceChildren(...fresh.childNodes);
    const pulse = $("#pulse"), newer = $("#pulse", page);
    if (pulse && newer) pulse.replaceChildren(...newer.childNodes);
    waiting -= seen;
    chosen = -1;
    if (button) button.hidden = true;
  };
  const announce = () => {
    if (!button) return;
    button.textContent = `${waiting} new – show`;
    button.hidden = false;
  };
  if (button) button.addEventListener("click", () => { window.scrollTo(0, 0); fetchNow(true); });
  let soon = 0;
  const stream = new EventSource(`/console/live?after=${document.body.dataset.drawnAt}`);
  stream.addEventListener("new", (event) => {
    const said = JSON.parse(event.data);
    const n = Object.entries(said).filter(([noun]) => !wanted.length || wanted.includes(noun)).reduce((sum, [, more]) => sum + more, 0);
    if (!n) return;
    waiting += n;
    if (reading()) { announce(); return; }
    clearTimeout(soon);
    soon = setTimeout(() => { if (reading()) announce(); else fetchNow(false); }, 400);
  });
  stream.addEventListener("ended", () => stream.close());
  window.addEventListener("pagehide", () => stream.close());
})();
