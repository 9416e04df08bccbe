// Copies the text of a field; browsers that refuse leave it selected, ready for Ctrl+C.
(function () {
  "use strict";
  document.querySelectorAll("[data-copy]").forEach(function (button) {
    const field = document.getElementById(button.dataset.copy);
    const status = button.parentNode.querySelector("[data-copied]");
    if (!field) return;
    function say(text) { if (status) status.textContent = text; }
    function byHand() {
      field.focus();
      field.select();
      say(document.execCommand("copy") ? "已复制。" : "请按 Ctrl+C 复制。");
    }
    button.addEventListener("click", function () {
      if (!navigator.clipboard || !window.isSecureContext) { byHand(); return; }
      navigator.clipboard.writeText(field.value).then(function () { say("已复制。"); }, byHand);
    });
  });
})();
