// Saves a row of answers whenever one of its controls is left changed. What is typed is never lost: it stays on the
// screen until the server acknowledges it, and a copy in this browser (words.js) survives signing in again. Without this
// file the buttons of the page save.
(function () {
  "use strict";
  const KEY = "answers:";
  const FIRST_WAIT = 3000;
  const LONGEST_WAIT = 30000;
  const rows = new Map();
  let composing = false;
  let leaving = false;
  let pressed = null;
  let waiting = null;
  let released = null;
  let letGo = function () {};

  function controls(element) {
    return Array.from(element.querySelectorAll("input[name], textarea[name], select[name]"));
  }

  // What the server wrote into a control, whatever somebody has made of it since.
  function delivered(one) { return one.options ? one.querySelector("[selected]")?.value ?? one.options[0]?.value : one.defaultValue; }

  // The values of a row by the names of its controls, as they stand or as the server sent them; unticked boxes are left
  // out, as a browser leaves them out.
  function values(element, asSent) {
    const found = {};
    controls(element).forEach(function (one) {
      const box = one.type === "checkbox" || one.type === "radio";
      if (!box) found[one.name] = asSent ? delivered(one) : one.value;
      else if (asSent ? one.defaultChecked : one.checked) found[one.name] = one.value;
    });
    return found;
  }

  function typed(element, asSent) {
    const found = values(element, asSent);
    controls(element).forEach(function (one) { if (one.hasAttribute("data-version")) delete found[one.name]; });
    return JSON.stringify(found);
  }

  function fill(element, kept) {
    controls(element).forEach(function (one) {
      if (one.type === "checkbox" || one.type === "radio") one.checked = kept[one.name] === one.value;
      else if (one.name in kept) one.value = kept[one.name];
    });
  }

  function say(row, text) {
    row.element.querySelector("[data-live]").textContent = text;
    row.element.toggleAttribute("data-pending", Boolean(text));
  }

  function keep(row) {
    window.typedWords.set(KEY + row.key, { values: values(row.element) });
  }

  function forget(row) {
    window.typedWords.drop(KEY + row.key);
  }

  function changed(row) { return typed(row.element) !== row.acknowledged; }

  function later(row, text) {
    say(row, text);
    window.clearTimeout(row.timer);
    row.wait = Math.min((row.wait || FIRST_WAIT / 2) * 2, LONGEST_WAIT);
    row.timer = window.setTimeout(function () { save(row); }, row.wait);
  }

  function halt(row, text) {
    row.halted = true;
    say(row, text);
  }

  // Brings the marked parts up to date and leaves every control as the person has it.
  function refresh(row, answer) {
    row.element.querySelectorAll("[data-part]").forEach(function (part) {
      const fresh = Array.from(answer.querySelectorAll("[data-part]")).find(function (one) { return one.dataset.part === part.dataset.part; });
      if (!fresh) return;
      part.replaceWith(fresh);
      const control = fresh.dataset.control && document.getElementById(fresh.dataset.control);
      if (!control) return;
      const wrong = fresh.textContent.trim() !== "";
      control.classList.toggle("is-invalid", wrong);
      control.toggleAttribute("aria-invalid", wrong);
      if (wrong) control.setAttribute("aria-invalid", "true");
    });
    const version = row.element.querySelector("[data-version]");
    const next = answer.querySelector("[data-version]");
    if (version && next) version.value = next.value;
  }

  // On a sheet the status of each item stands in its heading, and the number of finished ones on top.
  function mark(row, status) {
    const tag = document.querySelector("[data-status-of='" + row.key + "']");
    if (!tag) return;
    tag.textContent = status;
    tag.className = "tag " + (status === "已完成" ? "task-done" : "tag-warn");
    const done = document.querySelectorAll("[data-status-of].task-done").length;
    document.querySelectorAll("[data-done]").forEach(function (one) { one.textContent = done; });
  }

  function answered(row, sent, text) {
    const page = new DOMParser().parseFromString(text, "text/html");
    const answer = page.querySelector("[data-row]");
    if (!answer) return later(row, "保存时出了问题，内容留在本页，正在重试。");
    const state = answer.dataset.state;
    row.wait = 0;
    refresh(row, answer);
    if (state === "saved") {
      row.acknowledged = sent;
      say(row, "");
      if (changed(row)) { keep(row); save(row); } else forget(row);
      mark(row, answer.dataset.status);
    } else if (state === "conflict") {
      halt(row, "请在上面选择以哪一份为准。");
    } else if (state === "refused") {
      halt(row, "没有保存，您填的内容还在本页，可以复制。");
    } else {
      row.refused = sent;
      say(row, "请改正后再离开此项。");
    }
  }

  // By htmx, as every partial request of the site; what comes of it is told in the row, not on top of the page, and not
  // while a button of the mouse is down: what it is on would move away, and the click be lost.
  function send(row, verb, done) {
    let answer = null;
    return htmx.ajax(verb, row.url, { source: row.element, handler: function (element, info) { answer = info.xhr; } })
      .then(function () { return released; })
      .then(function () { if (answer) done(answer); });
  }
  document.addEventListener("pointerdown", function () {
    released = new Promise(function (resolve) { letGo = resolve; });
  }, true);
  ["pointerup", "pointercancel"].forEach(function (name) {
    document.addEventListener(name, function () { window.setTimeout(letGo, 0); }, true);
  });
  document.addEventListener("htmx:configRequest", function (event) {
    const row = rowOf(event.detail.elt);
    if (row && row.element === event.detail.elt && event.detail.verb === "post") event.detail.parameters = values(row.element);
  });

  function save(row) {
    if (row.busy || row.halted || !changed(row) || typed(row.element) === row.refused) return;
    const sent = typed(row.element);
    row.busy = true;
    say(row, "正在保存…");
    send(row, "post", function (xhr) {
      const elsewhere = xhr.getResponseHeader("HX-Redirect");
      if (elsewhere) {
        keep(row);
        leaving = true;
        window.location.assign(elsewhere);
      } else if (xhr.status === 403) halt(row, "登录身份已变化，没有保存。请刷新本页，所填内容会保留。");
      else if (xhr.status === 404) halt(row, "当前身份不能填写此项，没有保存。您填的内容还在本页，可以复制。");
      else if (xhr.status === 409) halt(row, xhr.responseText);
      else if (xhr.status !== 200) later(row, "系统暂时没有保存成功，内容留在本页，正在重试。");
      else answered(row, sent, xhr.responseText);
    }).catch(function () {
      later(row, "网络不通，还没有保存。内容留在本页，网络恢复后自动保存。");
    }).then(function () {
      row.busy = false;
      // A page that stays says what stands in the way; the form would lose that sentence, or lead to nowhere without a network.
      if (row.wait || row.halted || leaving) waiting = null;
      if (waiting) return submit();
      if (!row.wait && !row.halted && !leaving && changed(row) && typed(row.element) !== row.refused) save(row);
    });
  }

  function saving() { return Array.from(rows.values()).some(function (row) { return row.busy; }); }

  // The form that waited, by the button that was pressed, so that its name is sent too.
  function submit() {
    if (saving()) return;
    const button = waiting;
    waiting = null;
    button.click();
  }

  function take(row) {
    send(row, "get", function (xhr) {
      const fresh = new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector("[data-row]");
      if (xhr.status !== 200 || !fresh) return say(row, "网络不通，请稍后再选。");
      row.element.replaceWith(fresh);
      forget(row);
      start(fresh);
    }).catch(function () { say(row, "网络不通，请稍后再选。"); });
  }

  // Text of the same person that an ended session or a reload left behind, or that was typed before this file came.
  function restore(row) {
    const kept = window.typedWords.get(KEY + row.key);
    if (kept) fill(row.element, kept.values);
    if (!changed(row)) return forget(row);
    keep(row);
    save(row);
  }

  function start(element) {
    if (!element.querySelector("[data-version]") || !element.closest("form")) return;
    const row = { element: element, key: element.dataset.row, url: element.dataset.url, acknowledged: "" };
    rows.set(row.key, row);
    element.addEventListener("htmx:sendError", function (event) { event.stopPropagation(); });
    // After a full page came back with an error, what is on it was typed but not saved.
    const unsaved = element.dataset.state && element.dataset.state !== "saved";
    // On a slow line somebody may have typed before this file came: only what the server sent is acknowledged.
    row.acknowledged = unsaved ? "" : typed(element, true);
    if (element.querySelector("[data-conflict]")) row.halted = true;
    if (unsaved) row.refused = typed(element);
    else restore(row);
  }

  function rowOf(target) {
    const element = target.closest && target.closest("[data-row]");
    return element ? rows.get(element.dataset.row) : null;
  }

  document.addEventListener("compositionstart", function () { composing = true; });
  document.addEventListener("compositionend", function (event) {
    composing = false;
    const row = rowOf(event.target);
    if (row) keep(row);
  });
  document.addEventListener("input", function (event) {
    const row = rowOf(event.target);
    if (row && !composing) keep(row);
  });
  ["change", "focusout"].forEach(function (name) {
    document.addEventListener(name, function (event) {
      const row = rowOf(event.target);
      if (row && !composing) save(row);
    });
  });
  document.addEventListener("click", function (event) {
    const row = rowOf(event.target);
    if (!row) return;
    if (event.target.closest("[data-keep]")) {
      row.halted = false;
      row.acknowledged = "";
      row.element.querySelector("[data-part=trouble]").textContent = "";
      save(row);
    } else if (event.target.closest("[data-take]")) take(row);
  });
  // While a row is on its way its new version is not known here: sent now, the form would conflict with the same person.
  document.addEventListener("click", function (event) { pressed = event.target.closest("button, input[type=submit]"); }, true);
  document.addEventListener("submit", function (event) {
    if (pressed && pressed.form === event.target && saving()) {
      event.preventDefault();
      leaving = false;
      waiting = pressed;
    } else leaving = true;
  }, true);
  window.addEventListener("pageshow", function () { leaving = false; });
  window.addEventListener("online", function () { rows.forEach(save); });
  window.addEventListener("beforeunload", function (event) {
    const open = Array.from(rows.values()).some(function (row) { return row.busy || row.wait; });
    if (open && !leaving) event.preventDefault();
  });

  document.querySelectorAll("[data-row]").forEach(start);
})();
