// Sets the theme before the first paint, so it is loaded without `defer`: a stored choice wins,
// else the page follows the system. Other scripts change the choice through `window.twofoldTheme`.
(() => {
  "use strict";
  const KEY = "twofold-theme";
  const CHOICES = ["auto", "light", "dark"];
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  function stored() {
    try {
      const value = window.localStorage.getItem(KEY);
      return CHOICES.includes(value) ? value : "auto";
    } catch {
      return "auto"; // Storage may be forbidden; the system's theme still works.
    }
  }

  let choice = stored();

  function apply() {
    const dark = choice === "dark" || (choice === "auto" && system.matches);
    document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
    document.dispatchEvent(new CustomEvent("twofold:theme"));
  }

  function choose(value) {
    choice = CHOICES.includes(value) ? value : "auto";
    try {
      window.localStorage.setItem(KEY, choice);
    } catch {
      // The choice then lasts as long as the page.
    }
    apply();
  }

  window.twofoldTheme = { choose, current: () => choice };
  system.addEventListener("change", apply);
  apply();
})();
