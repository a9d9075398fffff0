// The words: one of them can be reached by Tab, arrows lead to the others; each can be heard, and tells what else it
// may be.
const transcript = byId("transcript"), tip = byId("tip");
const elements = [...transcript.querySelectorAll(".w")];
const sections = [...transcript.querySelectorAll("section")];
const startOf = word => Number(word.dataset.s), endOf = word => Number(word.dataset.e);
const confidenceOf = word => Number(word.dataset.c);
const UNSURE = 0.7;
// What a person made of a word; a word that isn't here is as it was recognised.
const edited = new Map();
const textOf = word => edited.has(word) ? edited.get(word) : word.textContent;

// The lines of words below the waveform.
const lines = Number(transcript.dataset.lines);
const lineAt = word => Number(word.closest("section").dataset.line || 0);
// By time.
const byTime = [...elements].sort((a, b) => startOf(a) - startOf(b));
const starts = byTime.map(startOf);
function lastBefore(seconds) {
  let low = 0, high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (starts[middle] <= seconds) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
function wordsBetween(from, to) {
  const found = [];
  for (let i = Math.max(lastBefore(from), 0); i < byTime.length && starts[i] < to; i++)
    found.push({ start: starts[i], end: endOf(byTime[i]), text: textOf(byTime[i]), line: lineAt(byTime[i]) });
  return found;
}

let spoken = null;
followers.push(seconds => {
  const word = byTime[lastBefore(seconds)];
  const now = word && seconds < endOf(word) + 0.1 ? word : null;
  if (now === spoken) return;
  if (spoken) spoken.classList.remove("now");
  if (now) now.classList.add("now");
  spoken = now;
});

let current = elements[0];
function choose(word) {
  if (current) current.tabIndex = -1;
  current = word;
  word.tabIndex = 0;
}
function go(word) {
  if (!word) return;
  choose(word);
  word.focus();
  word.scrollIntoView({ block: "nearest" });
}
// A little around a word, whose times are those of the model's frames.
const hearWord = word => hear(Math.max(startOf(word) - 0.1, first), endOf(word) + 0.1);

let shown = null, leaving = 0;
const alternativesOf = word => (word.dataset.a ? JSON.parse(word.dataset.a) : []);
function part(name, text, press) {
  const made = document.createElement(name);
  made.textContent = text;
  if (press) {
    made.type = "button";
    // The tip is reached by the pointer; keys act on the word itself.
    made.tabIndex = -1;
    made.addEventListener("click", press);
  }
  return made;
}
function show(word) {
  clearTimeout(leaving);
  if (shown === word) return;
  hide();
  shown = word;
  const percent = `${Math.round(100 * confidenceOf(word))} %`;
  tip.replaceChildren(part("b", percent), part("span", `${clock(startOf(word), 2)} to ${clock(endOf(word), 2)}`));
  if (edited.has(word)) tip.append(part("span", `recognised: ${word.dataset.was}`));
  alternativesOf(word).forEach((other, i) =>
    tip.append(part("button", `${i + 1} ${other || "(nothing)"}`, () => change(word, other))));
  tip.append(part("button", "Edit", () => edit(word)));
  tip.hidden = false;
  word.setAttribute("aria-describedby", "tip");
  const box = word.getBoundingClientRect(), frame = document.documentElement;
  const left = Math.min(box.left, frame.clientWidth - tip.offsetWidth - 8);
  tip.style.left = `${Math.max(left, 8) + scrollX}px`;
  tip.style.top = `${box.bottom + 4 + scrollY}px`;
}
function hide() {
  if (shown) shown.removeAttribute("aria-describedby");
  shown = null;
  tip.hidden = true;
}
const leave = () => {
  clearTimeout(leaving);
  leaving = setTimeout(hide, 250);
};

const wordAt = event => event.target.closest && event.target.closest(".w");
transcript.addEventListener("click", event => {
  const word = wordAt(event), time = event.target.closest(".time");
  if (time) hear(Number(time.dataset.s), Number(time.dataset.e));
  if (!word) return;
  choose(word);
  if (event.shiftKey) hear(startOf(word));
  else hearWord(word);
});
transcript.addEventListener("dblclick", event => wordAt(event) && edit(wordAt(event)));
transcript.addEventListener("pointerover", event => wordAt(event) && show(wordAt(event)));
transcript.addEventListener("pointerout", event => wordAt(event) && leave());
transcript.addEventListener("focusin", event => wordAt(event) && show(wordAt(event)));
transcript.addEventListener("focusout", event => wordAt(event) && leave());
tip.addEventListener("pointerenter", () => clearTimeout(leaving));
tip.addEventListener("pointerleave", leave);

function unsure(from, step) {
  const count = elements.length, begin = elements.indexOf(from);
  for (let i = 1; i <= count; i++) {
    const word = elements[(begin + step * i + count * 2) % count];
    if (confidenceOf(word) < UNSURE && !edited.has(word)) return word;
  }
  return null;
}
const inSection = (word, step) => {
  const section = sections[sections.indexOf(word.closest("section")) + step];
  return section && section.querySelector(".w");
};
transcript.addEventListener("keydown", event => {
  const word = wordAt(event);
  if (!word || event.ctrlKey || event.metaKey || event.altKey) return;
  const place = elements.indexOf(word), number = Number(event.key);
  const others = alternativesOf(word);
  switch (event.key) {
    case "ArrowRight": go(elements[place + 1]); break;
    case "ArrowLeft": go(elements[place - 1]); break;
    case "ArrowDown": go(inSection(word, 1)); break;
    case "ArrowUp": go(inSection(word, -1)); break;
    case "Home": go(elements[0]); break;
    case "End": go(elements[elements.length - 1]); break;
    case "n": go(unsure(word, 1)); break;
    case "p": go(unsure(word, -1)); break;
    case "Enter": case " ": if (event.shiftKey) hear(startOf(word)); else hearWord(word); break;
    case "e": case "F2": edit(word); break;
    case "Delete": change(word, ""); break;
    case "Escape": if (player) player.pause(); hide(); break;
    default:
      if (!(number >= 1 && number <= others.length)) return;
      change(word, others[number - 1]);
  }
  event.preventDefault();
});
byId("unsure").addEventListener("click", () => go(unsure(current, 1)));
byId("unsure").disabled = !elements.some(word => confidenceOf(word) < UNSURE);
elements.forEach(word => {
  word.setAttribute("role", "button");
  word.tabIndex = -1;
});
if (current) current.tabIndex = 0;
