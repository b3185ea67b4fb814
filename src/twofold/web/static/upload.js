// Files that are dropped or chosen are sent one by one, each with its own progress and its own
// refusal. Without this script the form sends them all at once, and the page tells what became of
// each.
(() => {
  "use strict";

  class Upload {
    constructor(form) {
      this.form = form;
      this.input = form.querySelector("input[type=file]");
      this.shown = form.querySelector("[data-uploads]");
      this.list = this.shown.querySelector("ul");
      this.words = this.shown.dataset;
      form.querySelector("[data-drop-hint]").hidden = false;
      form.addEventListener("submit", (event) => this.submit(event));
      this.listen("dropPage" in form.dataset ? document : form);
    }

    listen(place) {
      let depth = 0;
      const mark = (change) => {
        depth = Math.max(0, depth + change);
        this.form.classList.toggle("tf-dropping", depth > 0);
      };
      const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
      place.addEventListener("dragenter", (event) => carriesFiles(event) && mark(1));
      place.addEventListener("dragleave", (event) => carriesFiles(event) && mark(-1));
      place.addEventListener("dragover", (event) => {
        if (carriesFiles(event)) event.preventDefault();
      });
      place.addEventListener("drop", (event) => {
        if (!carriesFiles(event)) return;
        event.preventDefault();
        mark(-depth);
        this.take(event.dataTransfer.files);
      });
    }

    take(files) {
      const details = this.form.closest("details");
      if (details) details.open = true;
      this.list.replaceChildren();
      if (files.length > 1 && !this.input.multiple) {
        this.shown.hidden = false;
        this.refuse(this.row(files[0].name), [this.words.one]);
        return;
      }
      this.input.files = files;
      this.input.dispatchEvent(new Event("change", { bubbles: true }));
      this.form.scrollIntoView({ block: "nearest" });
    }

    async submit(event) {
      const files = [...this.input.files];
      // The server says what is missing where nothing was chosen.
      if (!files.length) return;
      event.preventDefault();
      if (!this.form.reportValidity() || this.form.ariaBusy === "true") return;
      this.form.ariaBusy = "true";
      this.shown.hidden = false;
      this.list.replaceChildren();
      const rows = files.map((file) => this.row(file.name));
      const left = new DataTransfer();
      let last = "";
      for (const [place, file] of files.entries()) {
        const href = await this.send(file, files.length, rows[place]);
        if (href) last = href;
        else left.items.add(file);
      }
      this.form.ariaBusy = "false";
      // What was refused is kept chosen, so that sending again adds nothing twice.
      this.input.files = left.files;
      if (!left.files.length && files.length === 1) window.location.assign(last);
      else if (!left.files.length) document.getElementById("announcer").textContent = this.words.all;
    }

    send(file, count, row) {
      const body = new FormData(this.form);
      body.delete(this.input.name);
      body.append(this.input.name, file);
      if (count > 1 && body.has("title")) body.set("title", "");
      const request = new XMLHttpRequest();
      request.open("POST", this.form.action);
      request.setRequestHeader("Accept", "application/json");
      request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) row.progress.value = event.loaded / event.total;
      });
      return new Promise((resolve) => {
        request.addEventListener("error", () => resolve(this.refuse(row, [this.words.lost])));
        request.addEventListener("load", () => resolve(this.answered(request, row)));
        request.send(body);
      });
    }

    answered(request, row) {
      let told = null;
      try {
        told = JSON.parse(request.responseText);
      } catch {
        return this.refuse(row, [this.words.lost]);
      }
      if (request.status !== 201) {
        const reasons = (told.errors ?? []).map(
          (error) => (error.field ? `${this.label(error.field)}: ${error.reason}` : error.reason),
        );
        return this.refuse(row, reasons.length ? reasons : [this.words.lost]);
      }
      const link = document.createElement("a");
      link.href = told.href;
      link.textContent = told.title;
      row.name.replaceChildren(link);
      row.state.textContent = this.words.done;
      row.progress.value = 1;
      return told.href;
    }

    // What a field is called on the page.
    label(field) {
      const words = this.form.elements[field]?.labels?.[0]?.textContent.trim();
      return words || field;
    }

    refuse(row, reasons) {
      row.state.textContent = this.words.refused;
      row.progress.remove();
      const list = document.createElement("ul");
      for (const reason of reasons) {
        const line = document.createElement("li");
        line.textContent = reason;
        list.append(line);
      }
      row.item.append(list);
      return "";
    }

    row(text) {
      const item = document.createElement("li");
      item.className = "tf-upload";
      const name = document.createElement("b");
      name.textContent = text;
      const state = document.createElement("span");
      state.className = "tf-quiet";
      state.textContent = this.words.waits;
      const progress = document.createElement("progress");
      progress.max = 1;
      progress.value = 0;
      progress.setAttribute("aria-label", text);
      item.append(name, state, progress);
      this.list.append(item);
      return { item, name, state, progress };
    }
  }

  for (const form of document.querySelectorAll("form[data-upload]")) new Upload(form);
})();
