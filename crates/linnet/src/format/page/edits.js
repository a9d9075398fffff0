// Edits of words, and their export.
const said = byId("said"), undo = byId("undo");
const steps = [];
let unsaved = false;

function put(word, text) {
  if (word.dataset.was === undefined) word.dataset.was = word.textContent;
  if (text === undefined || text === word.dataset.was) edited.delete(word);
  else edited.set(word, text);
  const now = edited.has(word) ? text : word.dataset.was;
  word.textContent = now || "∅";
  word.classList.toggle("edited", edited.has(word));
  if (now) word.removeAttribute("aria-label");
  else word.setAttribute("aria-label", `deleted: ${word.dataset.was}`);
  said.textContent = edited.size ? `${edited.size} ${edited.size === 1 ? "word" : "words"} edited` : "";
  undo.disabled = !steps.length;
  unsaved = edited.size > 0;
  hide();
  draw();
}
function change(word, text) {
  const before = edited.get(word);
  if (text === textOf(word)) return;
  steps.push([word, before]);
  put(word, text);
  go(word);
  show(word);
}
function takeBack() {
  const step = steps.pop();
  if (!step) return;
  put(...step);
  go(step[0]);
}

function edit(word) {
  hide();
  const input = document.createElement("input");
  input.value = textOf(word);
  input.className = "edit";
  input.setAttribute("aria-label", `text at ${clock(startOf(word), 2)}`);
  input.style.width = `${Math.max(input.value.length + 3, 6)}ch`;
  word.hidden = true;
  word.after(input);
  input.focus();
  input.select();
  let open = true;
  const close = keep => {
    if (!open) return;
    open = false;
    const text = input.value.trim().replace(/\s+/g, " ");
    word.hidden = false;
    input.remove();
    if (keep) change(word, text);
    return word;
  };
  input.addEventListener("keydown", event => {
    event.stopPropagation();
    if (event.key === "Enter") go(close(true));
    if (event.key === "Escape") go(close(false));
  });
  input.addEventListener("blur", () => close(true));
}

const wordsOf = section => [...section.querySelectorAll(".w")];
const lineOf = section => wordsOf(section).map(textOf).filter(Boolean).join(" ");
const asText = () => sections.map(section => lineOf(section) + "\n").join("");
function asJson() {
  const segments = sections.map(section => {
    const words = wordsOf(section).filter(textOf).map(word => ({
      word: textOf(word), start: startOf(word), end: endOf(word), confidence: confidenceOf(word),
      ...(edited.has(word) && { recognised: word.dataset.was }),
    }));
    const { channel, s, e, c } = section.dataset;
    return { ...(channel && { channel: Number(channel) }), start: Number(s), end: Number(e), confidence: Number(c),
      text: lineOf(section), words };
  });
  const { path, fields, offset, duration } = about;
  const text = sections.map(lineOf).filter(Boolean).join(" ");
  return JSON.stringify({ path, ...fields, text, ...(offset && { offset }), duration, segments }, null, 2) + "\n";
}
function download(text, type, ending) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = about.name + ending;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  unsaved = false;
}
byId("save-text").addEventListener("click", () => download(asText(), "text/plain", ".txt"));
byId("save-json").addEventListener("click", () => download(asJson(), "application/json", ".json"));
undo.addEventListener("click", takeBack);
document.addEventListener("keydown", event => {
  const typing = event.target.closest && event.target.closest("input");
  if ((event.ctrlKey || event.metaKey) && event.key === "z" && !typing) {
    takeBack();
    event.preventDefault();
  }
});
addEventListener("beforeunload", event => unsaved && event.preventDefault());
readColours();
follow();
