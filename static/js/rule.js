// The rule line: checks wait for the input method, metric names are offered while typing, lists put names into the line.
(function () {
  "use strict";
  const SHOWN = 8;
  const WORD = /[^\s()（）;；:：,，、+＋=≥≤<>≠→×÷/\[\]【】“”"「」0-9.%]+$/;
  let composing = null;
  let pressed = "", busy = null;

  function line() { return document.getElementById("id_rule"); }

  // While words are being composed nothing is sent; what was composed is checked as soon as it stands.
  document.addEventListener("compositionstart", function (event) { composing = event.target; });
  document.addEventListener("compositionend", function (event) {
    composing = null;
    if (!event.target.closest(".rule-desk")) return;
    event.target.dispatchEvent(new Event("composed", { bubbles: true }));
    if (event.target === line()) suggest();
  });
  document.addEventListener("htmx:beforeRequest", function (event) {
    const from = event.detail.elt, live = document.querySelector(".rule-live");
    if ((composing && from === composing) || (busy && from === live)) {
      event.preventDefault();
    } else if (from.tagName === "BUTTON" && from.closest("#rule-parts")) {
      // A button sends the small forms as they stand, so what they sent by themselves before is out of date.
      pressed = from.value;
      busy = event.detail.xhr;
      if (live) live.dispatchEvent(new CustomEvent("htmx:abort", { bubbles: true, detail: { elt: live } }));
    }
  });
  document.addEventListener("htmx:afterRequest", function (event) { if (event.detail.xhr === busy) busy = null; });

  // Points, kind and 核定要素 stand elsewhere on the page, and the line is measured against them.
  document.addEventListener("change", function (event) {
    const field = line();
    if (field && field.form === event.target.form && ["points", "kind", "verified"].indexOf(event.target.name) >= 0) {
      field.dispatchEvent(new Event("composed", { bubbles: true }));
    }
  });

  function before(field) { return field.value.slice(0, field.selectionStart); }

  function suggest() {
    const field = line(), place = document.getElementById("rule-suggestions");
    if (!field || !place || field.readOnly) return;
    const found = WORD.exec(before(field));
    const names = found ? Array.from(document.querySelectorAll("#metric-names option"), function (one) { return one.value; })
      .filter(function (name) { return name.indexOf(found[0]) === 0 && name !== found[0]; }).slice(0, SHOWN) : [];
    place.textContent = "";
    place.hidden = !names.length;
    names.forEach(function (name) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-sm btn-outline-primary";
      button.textContent = name;
      button.dataset.insert = name;
      button.dataset.instead = found[0].length;
      place.appendChild(button);
    });
  }

  function insert(name, instead) {
    const field = line();
    if (!field) return;
    const start = field.selectionStart - instead;
    field.value = field.value.slice(0, start) + name + field.value.slice(field.selectionEnd);
    field.focus();
    field.setSelectionRange(start + name.length, start + name.length);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // Enter in a field goes on with the field's own work, never with saving the whole item half done.
  document.addEventListener("keydown", function (event) {
    const field = event.target;
    if (event.key !== "Enter" || event.isComposing || field.tagName !== "INPUT" || !field.closest(".rule-desk")) return;
    event.preventDefault();
    const trial = field.closest("#rule-trial");
    if (trial) trial.querySelector("button[value=trial]").click();
    else field.dispatchEvent(new Event("change", { bubbles: true }));
  });

  document.addEventListener("input", function (event) { if (event.target === line() && !composing) suggest(); });
  document.addEventListener("click", function (event) {
    const button = event.target.closest("[data-insert]");
    if (button) insert(button.dataset.insert, Number(button.dataset.instead || 0));
  });

  // After a button of the small forms the page has new controls; the hand goes on where the work is.
  document.addEventListener("htmx:afterSettle", function (event) {
    if (event.target.id !== "rule-parts" || !pressed) return;
    const parts = document.querySelectorAll(".rule-part"), orders = pressed.split(":");
    const part = orders[0] === "add-part" ? parts[parts.length - 1] : parts[Number(orders[1])];
    pressed = "";
    if (!part) return;
    const rows = part.querySelectorAll("tbody tr");
    const within = orders[0] === "add-row" ? rows[rows.length - 1] : orders[0] === "add-part" ? part : null;
    const field = within && within.querySelector("input:not([type=hidden]), select, textarea");
    if (field) field.focus();
  });
})();
