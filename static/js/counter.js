// Counts characters while a text is typed, as the server counts them: without white space.
(function () {
  "use strict";
  document.querySelectorAll("[data-counts]").forEach(function (line) {
    const field = document.getElementById(line.dataset.counts);
    const output = line.querySelector("output");
    const limit = Number(line.dataset.limit);
    if (!field || !output) return;
    function count() {
      const length = Array.from(field.value.replace(/\s/gu, "")).length;
      output.textContent = length;
      line.classList.toggle("counter-over", length > limit);
    }
    field.addEventListener("input", count);
    count();
  });
})();
