// What the pages add to plain HTML: theme choice, menus that close, copy buttons. Each works on
// elements that htmx brings in later too, because the listeners sit on the document.
(() => {
  "use strict";
  const COPIED_MS = 1600;

  function announce(text) {
    const region = document.getElementById("announcer");
    if (region) region.textContent = text;
  }

  function showTheme() {
    for (const group of document.querySelectorAll("[data-theme-choices]")) {
      group.hidden = false;
      for (const button of group.querySelectorAll("[data-theme-choice]")) {
        const pressed = button.dataset.themeChoice === window.twofoldTheme.current();
        button.setAttribute("aria-pressed", String(pressed));
      }
    }
  }

  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (menu !== except) menu.open = false;
    }
  }

  async function copy(button) {
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      return; // Not allowed here: the full value stays readable as the title of the code.
    }
    button.classList.add("is-done");
    announce(button.dataset.done);
    window.setTimeout(() => {
      button.classList.remove("is-done");
      announce("");
    }, COPIED_MS);
  }

  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (!target) return;
    closeMenus(target.closest("details[data-menu]"));
    const theme = target.closest("[data-theme-choice]");
    if (theme) {
      window.twofoldTheme.choose(theme.dataset.themeChoice);
      showTheme();
    }
    const source = target.closest("[data-copy]");
    if (source) copy(source);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details[data-menu][open]");
    if (!open) return;
    open.open = false;
    open.querySelector("summary").focus();
  });

  showTheme();
})();
