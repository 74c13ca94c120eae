"use strict";
(() => {
  const byId = (id) => document.getElementById(id);

  // Charts: a still picture is there from the start; a live one takes its place, one by one.
  const options = { renderer: "svg", actions: false, ast: true, tooltip: { theme: "andon" } };
  const draw = async (plot) => {
    const still = plot.innerHTML;
    plot.classList.add("live");
    try {
      const spec = JSON.parse(byId("spec-" + plot.dataset.panel).textContent);
      await vegaEmbed(plot, spec, options);
      plot.dataset.drawn = "live";
    } catch (problem) {
      plot.innerHTML = still;
      plot.classList.remove("live");
      plot.dataset.drawn = "still";
      console.error(problem);
    }
  };
  const drawAll = async () => {
    for (const plot of document.querySelectorAll(".plot")) await draw(plot);
  };
  if (window.vegaEmbed) drawAll();

  // Tables: copied as tab-separated text, which every spreadsheet takes.
  const textOf = (table) => [...table.rows]
    .map((row) => [...row.cells].map((cell) => cell.textContent.trim()).join("\t")).join("\n");
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  };
  for (const button of document.querySelectorAll(".copy")) {
    button.addEventListener("click", async () => {
      const details = button.closest("details");
      const done = await copy(textOf(details.querySelector("table")));
      button.parentElement.querySelector(".copied").textContent =
        done ? "Copied. Paste it into a spreadsheet." : "Your browser did not allow it. Select the table and copy it.";
    });
  }

  // Keys, which can be turned off.
  const keys = byId("keys");
  const sections = [...document.querySelectorAll(".evidence")];
  const go = (step) => {
    const here = sections.findIndex((section) => section.getBoundingClientRect().top > 8);
    const at = step > 0
      ? (here === -1 ? sections.length - 1 : here)
      : (here === -1 ? sections.length - 1 : Math.max(0, here - 2));
    sections[at].scrollIntoView();
    sections[at].focus({ preventScroll: true });
  };
  const tables = () => {
    const all = [...document.querySelectorAll("details.numbers")];
    const open = !all.every((each) => each.open);
    for (const each of all) each.open = open;
  };
  const does = { "?": () => keys.showModal(), j: () => go(1), k: () => go(-1), t: tables };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || keys.open || byId("keys-off").checked) return;
    if (event.target.closest("input, textarea, select") || !does[event.key]) return;
    event.preventDefault();
    does[event.key]();
  });
  byId("show-keys").addEventListener("click", () => keys.showModal());
})();
