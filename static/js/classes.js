// Comforts of the class form: a planned class fills name and kind, a known lecturer the capacity. The server does the same.
(function () {
  "use strict";
  const form = document.querySelector("form.class-form");
  if (!form) return;
  const planned = form.elements.namedItem("planned");
  const name = form.elements.namedItem("name");
  const category = form.elements.namedItem("category");
  let filled = planned.selectedIndex > 0 ? planned.options[planned.selectedIndex].dataset.name : "";

  planned.addEventListener("change", function () {
    const chosen = planned.options[planned.selectedIndex].dataset;
    if (!chosen.name) return;
    if (name.value === "" || name.value === filled) name.value = chosen.name;
    filled = chosen.name;
    category.value = chosen.kind;
  });

  const lecturer = form.elements.namedItem("lecturer");
  const kind = form.elements.namedItem("lecturer_kind");
  lecturer.addEventListener("change", function () {
    const known = Array.from(document.querySelectorAll("#lecturers option")).find(function (one) { return one.value === lecturer.value; });
    kind.value = known ? known.dataset.kind : "";
    // Whose capacity is not known must be asked where it can be seen; not while a mouse button is down, as what is being
    // pressed would move away from under it.
    if (!lecturer.value || known) return;
    if (pressed) document.addEventListener("pointerup", function () { window.setTimeout(unfold); }, { once: true });
    else unfold();
  });
  let pressed = false;
  function unfold() { form.querySelector("details").open = true; }
  ["pointerdown", "pointerup", "pointercancel"].forEach(function (name) {
    document.addEventListener(name, function () { pressed = name === "pointerdown"; }, true);
  });
})();
