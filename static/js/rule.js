// The rule line: checks wait for the input method, metric names are offered while typing, lists put names into the line.
(function () {
  "use strict";
  const SHOWN = 8;
  const WORD = /[^\s()（）;；:：,，、+＋=≥≤<>≠→×÷/\[\]【】“”"「」0-9.%]+$/;
  let composing = null;
  let pressed = "", busy = null, held = false;

  function line() { return document.getElementById("id_rule"); }

  // While words are being composed nothing is sent; what was composed is checked as soon as it stands.
  document.addEventListener("compositionstart", function (event) { composing = event.target; });
  document.addEventListener("compositionend", function (event) {
    composing = null;
    if (!event.target.closest(".rule-desk")) return;
    event.target.dispatchEvent(new Event("composed", { bubbles: true }));
    if (event.target === line()) suggest();
  });
  // A button sends the small forms as they stand, so what the page sent by itself before is out of date. It is stopped
  // when the button goes down: an answer that came before the button is let go would move it away under the finger.
  function live() { return document.querySelector(".rule-live"); }
  function stop() {
    [live(), line()].forEach(function (one) {
      if (one) one.dispatchEvent(new CustomEvent("htmx:abort", { bubbles: true, detail: { elt: one } }));
    });
  }
  document.addEventListener("pointerdown", function (event) {
    if (!event.target.closest("#rule-parts button")) return;
    held = true;
    stop();
  });
  ["pointerup", "pointercancel"].forEach(function (name) {
    document.addEventListener(name, function () {
      if (!held) return;
      window.setTimeout(function () {
        held = false;
        if (!busy && live()) live().dispatchEvent(new Event("change"));  // let go elsewhere: nothing was pressed
      }, 50);
    });
  });
  document.addEventListener("htmx:beforeRequest", function (event) {
    const from = event.detail.elt, byItself = from === live() || from === line();
    if ((composing && from === composing) || (byItself && (held || busy))) {
      event.preventDefault();
    } else if (from.tagName === "BUTTON" && from.closest("#rule-parts")) {
      pressed = from.value;
      busy = event.detail.xhr;
      stop();
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
