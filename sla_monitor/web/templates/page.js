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
