"use strict";
(async () => {
  const CODE = 35, PAGE = 25, MOST = 50;
  const byId = (id) => document.getElementById(id);
  const make = (tag, properties = {}, ...inside) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...inside);
    return element;
  };
  const unpack = async (packed) => {
    const bytes = Uint8Array.from(atob(packed), (each) => each.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return JSON.parse(await new Response(stream).text());
  };
  const data = await unpack(byId("casn-numbers").textContent);
  const chunks = [...document.querySelectorAll(".casn-chunk")];
  const { labels, groups, names, starts } = data;
  const size = names.length, turns = starts[size];
  const code = (codes, turn) => codes.charCodeAt(turn) - CODE;
  const isGhost = (label) => ["no emotion", "neutral", "none", "other"].includes(label.trim().toLowerCase());
  const shown = (number, digits = 0) => number.toLocaleString("en", { maximumFractionDigits: digits, minimumFractionDigits: digits });

  // Texts, unpacked when they are looked at.
  const texts = new Map();
  const unpacked = new Map();
  const load = (chunk) => {
    if (chunk < 0) return Promise.resolve();
    if (!unpacked.has(chunk)) {
      unpacked.set(chunk, unpack(chunks[chunk].textContent).then((all) => {
        for (const [dialogue, speakers, said] of all) texts.set(dialogue, { speakers, said });
      }));
    }
    return unpacked.get(chunk);
  };
  const dialogueOf = (turn) => {
    let low = 0, high = size - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle] <= turn) low = middle; else high = middle - 1;
    }
    return low;
  };

  // The turns behind a number.
  const tests = {
    emotion: (turn, wanted) => code(data.emotion, turn) === wanted,
    group: (turn, wanted) => code(data.group, turn) === wanted,
    hour: (turn, wanted) => code(data.hour, turn) === wanted,
    week: (turn, wanted) => code(data.week, turn) === wanted,
    minute: (turn, wanted) => code(data.minute, turn) === wanted,
    position: (turn, wanted) => {
      const dialogue = dialogueOf(turn);
      const length = starts[dialogue + 1] - starts[dialogue];
      return Math.floor(10 * (2 * (turn - starts[dialogue]) + 1) / (2 * length)) === wanted;
    },
    answered: (turn, wanted) => code(data.answers, turn) === 1 && code(data.emotion, turn - 1) === wanted,
    asked: (turn, wanted) => code(data.answers, turn) === 1 && code(data.group, turn - 1) === wanted,
    dialogue: (turn, wanted) => turn >= starts[wanted] && turn < starts[wanted + 1],
  };
  const words = {
    emotion: (wanted) => labels[wanted],
    group: (wanted) => `by ${groups[wanted]}`,
    hour: (wanted) => `at ${String(wanted).padStart(2, "0")}:00`,
    week: (wanted) => `in the week of ${data.weeks[wanted]}`,
    minute: (wanted) => `${data.minutes[wanted]} into the conversation`,
    position: (wanted) => `between ${10 * wanted} % and ${10 * wanted + 10} % of the dialogue`,
    answered: (wanted) => `answering ${labels[wanted]}`,
    asked: (wanted) => `of ${groups[wanted]}`,
    dialogue: (wanted) => names[wanted],
  };
  const matching = (filter) => {
    const found = [], checks = Object.entries(filter);
    const only = filter.dialogue;
    const [first, last] = only === undefined ? [0, turns] : [starts[only], starts[only + 1]];
    for (let turn = first; turn < last; turn++) {
      if (code(data.emotion, turn) < 0 && only === undefined) continue;
      if (checks.every(([name, wanted]) => tests[name](turn, wanted))) found.push(turn);
    }
    return found;
  };
  const panel = byId("casn-turns"), list = byId("casn-turns-list"), moreTurns = byId("casn-more-turns");
  let current = [], listed = 0, marked = -1;
  const chip = (emotion, score) => {
    if (emotion < 0) return make("span", { className: "casn-chip casn-ghost", textContent: "no label" });
    const element = make("span", { className: "casn-chip" }, make("bdi", { textContent: labels[emotion] }));
    if (score >= 0) element.append(` ${score} %`);
    if (isGhost(labels[emotion])) element.classList.add("casn-ghost");
    element.style.cssText = `--fill:var(--fill-${emotion});--ink:var(--ink-${emotion})`;
    return element;
  };
  const turnItem = (turn, whole) => {
    const dialogue = dialogueOf(turn), place = turn - starts[dialogue], known = texts.get(dialogue);
    const head = make("p", {}, chip(code(data.emotion, turn), code(data.score, turn)));
    head.append(make("bdi", { textContent: known ? known.speakers[place] : groups[code(data.group, turn)] }));
    if (whole) head.append(`turn ${place + 1}`);
    else {
      const open = make("button", { type: "button", className: "casn-link", textContent: `${names[dialogue]}, turn ${place + 1}` });
      open.addEventListener("click", () => openTurns({ dialogue }, turn));
      head.append(open);
    }
    const item = make("li", {}, head, make("p", { dir: "auto", textContent: known ? known.said[place] : "The text is in the workbook only." }));
    if (turn === marked) item.className = "casn-here";
    return item;
  };
  const showTurns = async (count) => {
    const next = current.slice(listed, listed + count);
    await Promise.all(next.map((turn) => load(data.chunk[dialogueOf(turn)])));
    const whole = current.whole;
    list.append(...next.map((turn) => turnItem(turn, whole)));
    listed += next.length;
    moreTurns.hidden = listed >= current.length;
    byId("casn-turns-found").textContent = `${shown(current.length)} turn${current.length === 1 ? "" : "s"}`;
  };
  let behind = [];
  const openTurns = async (filter, turn = -1) => {
    marked = turn;
    behind = matching(filter);
    behind.whole = "dialogue" in filter;
    current = behind;
    byId("casn-turns-search").value = "";
    byId("casn-turns-title").textContent = "dialogue" in filter ? names[filter.dialogue]
      : `Turns: ${Object.entries(filter).map(([name, wanted]) => words[name](wanted)).join(", ") || "all"}`;
    list.replaceChildren();
    listed = 0;
    if (!panel.open) panel.showModal();
    await showTurns(behind.whole ? Math.max(MOST, turn - starts[filter.dialogue] + 10) : MOST);
    if (turn < 0) panel.scrollTop = 0;
    else list.querySelector(".casn-here").scrollIntoView({ block: "center" });
  };
  moreTurns.addEventListener("click", () => showTurns(MOST));
  byId("casn-close").addEventListener("click", () => panel.close());
  const loadAll = (dialogues) => Promise.all([...new Set(dialogues.map((each) => data.chunk[each]))].map(load));
  const says = (turn, wanted) => {
    const dialogue = dialogueOf(turn), known = texts.get(dialogue);
    return known !== undefined && known.said[turn - starts[dialogue]].toLowerCase().includes(wanted);
  };
  byId("casn-turns-search").addEventListener("input", async (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    if (wanted) await loadAll(behind.map(dialogueOf));
    if (wanted !== byId("casn-turns-search").value.trim().toLowerCase()) return;
    const whole = behind.whole;
    current = wanted ? behind.filter((turn) => says(turn, wanted)) : behind;
    current.whole = whole;
    list.replaceChildren();
    listed = 0;
    await showTurns(MOST);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-filter]");
    if (button) {
      const filter = JSON.parse(button.dataset.filter);
      openTurns(typeof filter === "string" ? JSON.parse(filter) : filter);
    }
  });

  // The dialogues in order.
  const controls = byId("casn-controls"), body = byId("casn-dialogues").tBodies[0];
  const more = byId("casn-more-dialogues");
  const count = (dialogue, emotion) => data.counts[dialogue * labels.length + emotion];
  const length = (dialogue) => starts[dialogue + 1] - starts[dialogue];
  let order = [], rows = 0, sort = null;
  const chosen = () => {
    const value = controls.elements.order.value;
    return /^\d+$/.test(value) ? Number(value) : labels.length - 1;
  };
  const keys = {
    name: (dialogue) => dialogue,
    turns: length,
    count: (dialogue) => count(dialogue, chosen()),
    begin: (dialogue) => data.begin[dialogue],
    end: (dialogue) => data.end[dialogue],
    change: (dialogue) => data.change[dialogue],
  };
  const ordered = (dialogues, key, direction) => {
    const known = dialogues.filter((each) => key(each) !== null);
    return known.sort((one, other) => direction * (key(one) - key(other)) || one - other);
  };
  const arrange = (dialogues) => {
    const value = controls.elements.order.value;
    if (sort) return ordered(dialogues, keys[sort.key], sort.direction);
    if (value === "worse") return ordered(dialogues.filter((each) => data.change[each] < 0), keys.change, 1);
    if (value === "recovered") return ordered(dialogues, (each) => data.recovery[each], -1);
    if (value === "turns") return ordered(dialogues, length, -1);
    if (value === "name") return dialogues.sort((one, other) => names[one].localeCompare(names[other], "en", { numeric: true }));
    const emotion = chosen();
    return ordered(dialogues, (each) => data.atLeast[each * labels.length + emotion] || null, -1);
  };
  const strip = (dialogue) => {
    const marks = make("span", { className: "casn-strip" });
    marks.setAttribute("aria-hidden", "true");
    const step = Math.max(1, Math.ceil(length(dialogue) / 60));
    for (let turn = starts[dialogue]; turn < starts[dialogue + 1]; turn += step) {
      const emotion = code(data.emotion, turn), mark = make("i");
      if (emotion < 0 || isGhost(labels[emotion])) mark.className = "casn-ghost";
      else mark.style.setProperty("--fill", `var(--fill-${emotion})`);
      marks.append(mark);
    }
    return marks;
  };
  const signed = (number) => (number === null ? "–" : `${number > 0 ? "+" : number < 0 ? "−" : ""}${shown(Math.abs(number), 2)}`);
  const row = (dialogue) => {
    const emotion = chosen(), found = count(dialogue, emotion);
    const link = (text, filter) => {
      const button = make("button", { type: "button", className: "casn-link", textContent: text });
      button.dataset.filter = JSON.stringify(filter);
      return button;
    };
    const name = make("th", { scope: "row" }, link(names[dialogue], { dialogue }));
    const cells = [
      [shown(length(dialogue))],
      found ? [link(`${shown(found)} (${shown(100 * found / length(dialogue))} %)`, { dialogue, emotion })] : ["0"],
      [signed(data.begin[dialogue])], [signed(data.end[dialogue])], [signed(data.change[dialogue])],
      [strip(dialogue)],
    ];
    return make("tr", {}, name, ...cells.map((inside) => make("td", {}, ...inside)));
  };
  const showDialogues = () => {
    body.append(...order.slice(rows, rows + PAGE).map(row));
    rows = Math.min(order.length, rows + PAGE);
    more.hidden = rows >= order.length;
  };
  const refresh = async () => {
    const { emotion, least, search } = controls.elements;
    const wanted = search.value.trim().toLowerCase();
    let found = [...names.keys()];
    if (wanted) {
      await loadAll(found);
      if (wanted !== search.value.trim().toLowerCase()) return;
      found = found.filter((each) => names[each].toLowerCase().includes(wanted)
        || (texts.get(each)?.said ?? []).some((text) => text.toLowerCase().includes(wanted)));
    }
    if (emotion.value) found = found.filter((each) => count(each, Number(emotion.value)));
    found = found.filter((each) => length(each) >= (Number(least.value) || 1));
    order = arrange(found);
    byId("casn-chosen").textContent = labels[chosen()];
    for (const head of byId("casn-dialogues").tHead.querySelectorAll("th")) {
      const key = head.querySelector("button")?.dataset.sort;
      if (sort && key === sort.key) head.setAttribute("aria-sort", sort.direction < 0 ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    }
    byId("casn-found").textContent = `${shown(order.length)} of ${shown(size)} dialogues`;
    body.replaceChildren();
    rows = 0;
    showDialogues();
  };
  more.addEventListener("click", showDialogues);
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.addEventListener("input", (event) => {
    if (event.target.name === "order") sort = null;
    refresh();
  });
  byId("casn-dialogues").tHead.addEventListener("click", (event) => {
    const key = event.target.closest("[data-sort]")?.dataset.sort;
    if (!key) return;
    sort = { key, direction: sort?.key === key ? -sort.direction : key === "name" ? 1 : -1 };
    refresh();
  });
  await refresh();

  // Who answers what with what, of chosen speakers.
  const counts = JSON.parse(byId("casn-between-counts").textContent), between = byId("casn-between");
  const showAnswers = () => {
    const { asked, replying } = between.elements;
    const picked = (select) => (select.value ? [Number(select.value)] : [...groups.keys()]);
    const filter = {};
    if (asked.value) filter.asked = Number(asked.value);
    if (replying.value) filter.group = Number(replying.value);
    byId("casn-answers").tBodies[0].replaceChildren(...labels.map((label, before) => {
      const sums = labels.map((_, after) => picked(asked).reduce((sum, one) =>
        sum + picked(replying).reduce((inner, other) => inner + counts[one][other][before][after], 0), 0));
      const total = sums.reduce((sum, each) => sum + each, 0);
      const cell = (text, emotion) => {
        if (!total) return make("td", { textContent: "–" });
        const button = make("button", { type: "button", className: "casn-link", textContent: text });
        button.dataset.filter = JSON.stringify({ answered: before, ...filter, ...emotion });
        return make("td", {}, button);
      };
      return make("tr", {}, make("th", { scope: "row" }, make("bdi", { textContent: label })),
        ...sums.map((sum, after) => cell(`${shown(100 * sum / total, 1)} %`, { emotion: after })), cell(shown(total), {}));
    }));
  };
  between.addEventListener("input", showAnswers);
  showAnswers();

  // The charts, in the colours of the day or the night.
  const { specs, colours } = JSON.parse(byId("casn-charts").textContent);
  const keyNames = { overall: null, speakers: "group", weeks: "week", hours: "hour", minutes: "minute", positions: "position", answers: "answered" };
  const night = matchMedia("(prefers-color-scheme: dark)");
  const draw = async () => {
    const style = getComputedStyle(document.querySelector(".casn-summary"));
    const colour = (name) => style.getPropertyValue(`--casn-${name}`).trim();
    const text = { labelColor: colour("ink"), titleColor: colour("muted"), labelFontSize: 12, titleFontWeight: 400 };
    const config = {
      background: "transparent", font: style.fontFamily, aria: false, view: { stroke: null },
      axis: { ...text, gridColor: colour("rule"), domainColor: colour("rule"), tickColor: colour("rule") },
      legend: text, rule: { color: colour("ink") },
      range: { category: colours[night.matches ? "dark" : "light"], heatmap: [colour("ground"), colour("accent")], ramp: [colour("ground"), colour("accent")] },
    };
    for (const element of document.querySelectorAll("[data-chart]")) {
      const name = element.dataset.chart;
      const options = { actions: false, renderer: "svg", config, tooltip: { theme: night.matches ? "dark" : "light" } };
      const { view } = await vegaEmbed(element, { ...specs[name], autosize: { type: "fit-x", contains: "padding" } }, options);
      element.querySelector("svg").setAttribute("aria-hidden", "true");
      view.addEventListener("click", (_, item) => {
        if (!item?.datum || item.datum.emotion_number === undefined) return;
        const filter = { emotion: item.datum.emotion_number };
        if (keyNames[name]) filter[keyNames[name]] = item.datum.key_number;
        openTurns(filter);
      });
    }
  };
  night.addEventListener("change", draw);
  await draw();
  document.documentElement.dataset.ready = "true";
})();
