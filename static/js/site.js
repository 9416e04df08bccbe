// Comforts only: every page works without this file.
(function () {
  "use strict";
  document.documentElement.classList.add("js");

  const summary = document.querySelector(".error-summary");
  if (summary) summary.focus();

  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-print]")) window.print();
  });

  // 全选 of a group ticks the rows below it, so that single ones can be left out; without one of them it is off.
  document.addEventListener("change", function (event) {
    const box = event.target, row = box.closest("[data-groups] tr");
    if (!row || box.type !== "checkbox") return;
    let other = row;
    if (row.matches(".group-row")) {
      while ((other = other.nextElementSibling) && !other.matches(".group-row")) other.querySelector("[type=checkbox]").checked = box.checked;
    } else if (!box.checked) {
      while (other && !other.matches(".group-row")) other = other.previousElementSibling;
      if (other) other.querySelector("[type=checkbox]").checked = false;
    }
  });

  // Paper has no folds: what is folded away on the screen is printed in full.
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("main details:not([open])").forEach(function (one) { one.open = true; one.dataset.folded = ""; });
  });
  window.addEventListener("afterprint", function () {
    document.querySelectorAll("main details[data-folded]").forEach(function (one) { one.open = false; delete one.dataset.folded; });
  });

  // 大字 changes the page as it stands, with everything that is typed and chosen on it.
  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (!form.matches("[data-text-size]") || !window.fetch) return;
    event.preventDefault();
    fetch(form.action, { method: "post", body: new FormData(form), redirect: "manual", credentials: "same-origin" }).then(function (answer) {
      if (answer.type !== "opaqueredirect") throw new Error();
      const large = document.documentElement.classList.toggle("large-text");
      document.querySelectorAll("[data-text-size] button").forEach(function (one) {
        one.textContent = large ? "标准字" : "大字";
        one.setAttribute("aria-pressed", String(large));
      });
    }).catch(function () { form.submit(); });
  });

  // A limit cuts nothing off without a word: it is said while it comes near, and the server refuses what is beyond it.
  document.addEventListener("focusin", function (event) {
    const field = event.target;
    const limit = field.maxLength;
    if (!(limit > 0) || field.readOnly) return;
    field.removeAttribute("maxlength");
    const note = document.createElement("div");
    note.className = "hint";
    note.setAttribute("aria-live", "polite");
    function count() {
      const length = Array.from(field.value).length;
      if (length > limit * 0.8 && !note.parentNode) field.insertAdjacentElement("afterend", note);
      note.textContent = length > limit * 0.8 ? "已写 " + length + " 字，最多 " + limit + " 字" + (length > limit ? "，请删去 " + (length - limit) + " 字" : "") : "";
      note.classList.toggle("counter-over", length > limit);
    }
    field.addEventListener("input", count);
    count();
  });

  // The wheel scrolls the page; over a number in focus it would change the number.
  document.addEventListener("wheel", function (event) {
    if (event.target.type === "number" && event.target === document.activeElement) event.target.blur();
  }, { passive: true });

  // A page that Back brings out of the browser's store may be somebody else's by now.
  window.addEventListener("pageshow", function (event) { if (event.persisted) window.location.reload(); });

  // A second click on a slow line would send the form twice.
  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    window.setTimeout(function () { delete form.dataset.sent; }, 10000);
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
  });

  // An open choice of identities closes on Escape and on a click elsewhere.
  function closeIdentities(except) {
    document.querySelectorAll("details.identities[open]").forEach(function (one) {
      if (one !== except) one.open = false;
    });
  }
  document.addEventListener("click", function (event) { closeIdentities(event.target.closest("details.identities")); });
  document.addEventListener("keydown", function (event) { if (event.key === "Escape") closeIdentities(null); });

  // A partial request that failed must not look saved.
  function say(text) {
    const place = document.getElementById("messages");
    if (!place) return;
    const line = document.createElement("div");
    line.className = "message message-error";
    line.setAttribute("role", "alert");
    line.textContent = text;
    place.textContent = "";
    place.appendChild(line);
    line.scrollIntoView({ block: "nearest" });
  }
  document.addEventListener("htmx:sendError", function () { say("网络不通，刚才的内容没有保存。请检查网络后再试一次。"); });
  document.addEventListener("htmx:timeout", function () { say("网络太慢，刚才的内容可能没有保存。请再试一次。"); });
  document.addEventListener("htmx:responseError", function (event) {
    const status = event.detail.xhr.status;
    const isSentence = (event.detail.xhr.getResponseHeader("Content-Type") || "").startsWith("text/plain");
    if (status === 409 || (status === 503 && isSentence)) return say(event.detail.xhr.responseText);
    say(status === 403 || status === 404 ? "您的当前身份不能办理此事，内容没有保存。请刷新页面。" : "系统出错了，刚才的内容没有保存。请稍后再试。");
  });
})();
