// Without 县级初评 its weight and its deadline are not asked for. The server drops them whether or not this runs.
(function () {
  "use strict";
  const choice = document.querySelector("#parameters-form [name=has_county_stage]");
  if (!choice) return;

  function show() {
    const county = choice.value === "True";
    document.querySelectorAll("[data-county]").forEach(function (one) { one.hidden = !county; });
    document.querySelectorAll("[data-no-county]").forEach(function (one) { one.hidden = county; });
  }

  choice.addEventListener("change", show);
  show();
})();
