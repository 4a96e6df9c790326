"use strict";
// The pages do everything without this: it saves the press of a button.
const search = document.querySelector("form[data-live]");
if (search) {
  const kept = "sla-monitor-search", field = search.elements.q;
  let timer;
  const send = () => search.requestSubmit();
  search.addEventListener("formdata", event => {
    for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
  });
  search.addEventListener("change", event => { if (event.target !== field) send(); });
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => { sessionStorage.setItem(kept, field.value); send(); }, 500);
  });
  // Whoever was typing goes on typing in the page that came of it.
  if (sessionStorage.getItem(kept) === field.value && field.value) {
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  }
  sessionStorage.removeItem(kept);
  document.addEventListener("keydown", event => {
    const typing = event.target.closest("input, select, textarea, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      field.select();
    }
  });
}
// The wall asks again by itself. When nothing comes, it says so at once; the style sheet says it after a minute anyway.
const wall = document.querySelector("[data-wall]");
if (wall) {
  const every = Number(wall.dataset.wall) * 1000;
  let answered = Date.now();
  const age = () => Math.max(0, Math.round((Date.now() - answered) / 1000));
  setInterval(() => { document.querySelector("[data-asked]").textContent = `, ${age()} s ago`; }, 1000);
  const stale = () => {
    const seconds = age();
    const notice = document.querySelector("[data-stale]");
    notice.hidden = false;
    notice.querySelector("[data-age]").textContent = seconds < 120 ? `${seconds} s old` : `${Math.floor(seconds / 60)} min old`;
    document.body.classList.add("old");
    document.title = "? Out of date · SLA monitor";
  };
  const ask = async () => {
    try {
      const answer = await fetch(location.href, {cache: "no-store", signal: AbortSignal.timeout(every)});
      if (!answer.ok) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!page.querySelector("[data-wall]")) throw new Error("another page");
      for (const part of ["header", "main", "footer"])
        document.querySelector(`body > ${part}`).replaceWith(page.querySelector(`body > ${part}`));
      document.title = page.title;
      document.body.classList.remove("old");
      answered = Date.now();
    } catch {
      stale();
    }
    setTimeout(ask, every);
  };
  setTimeout(ask, every);
}
