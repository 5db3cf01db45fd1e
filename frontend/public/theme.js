// Loaded before the first paint: sets the chosen theme so that a dark page never flashes white. "system" leaves it to the browser.
(function () {
  try {
    var chosen = localStorage.getItem("nasweb-theme");
    if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  } catch {
    // Storage may be forbidden; then the system's theme is used.
  }
})();
