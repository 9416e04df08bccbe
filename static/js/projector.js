// Arrow and page keys, which presenters send too, follow the links that stand on the page.
(function () {
  "use strict";
  const ways = { ArrowLeft: "prev", PageUp: "prev", ArrowRight: "next", PageDown: "next", Escape: "up" };

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.altKey || event.metaKey || !ways[event.key]) return;
    const link = document.querySelector("a[rel=" + ways[event.key] + "]");
    if (!link) return;
    event.preventDefault();
    link.click();
  });
})();
