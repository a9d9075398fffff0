
"use strict";
const list = document.querySelector(".cards"), cards = [...list.children];
const [search, speaker, order, wrong, shown] = ["search", "speaker", "order", "wrong", "shown"].map(id => document.getElementById(id));
const texts = cards.map(card => [...card.querySelectorAll("h3,p")].map(part => part.textContent).join(" ").toLowerCase());
function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  cards.forEach((card, i) => {
    const { speaker: who, errors } = card.dataset;
    card.hidden = !(words.every(word => texts[i].includes(word)) && (!speaker || !speaker.value || who === speaker.value) &&
      (!wrong.checked || errors !== "0"));
    count += !card.hidden;
  });
  const all = `${cards.length} ${cards.length === 1 ? "utterance" : "utterances"}`;
  shown.textContent = count === cards.length ? all : `${count} of ${all}`;
}
function sort() {
  const key = order.value, sign = key === "place" ? 1 : -1;
  list.append(...[...cards].sort((a, b) => sign * (a.dataset[key] - b.dataset[key]) || a.dataset.place - b.dataset.place));
}
search.addEventListener("input", filter);
[speaker, wrong].forEach(control => control && control.addEventListener("change", filter));
order.addEventListener("change", sort);
document.querySelector(".controls").addEventListener("submit", event => event.preventDefault());
document.querySelectorAll("[data-choose]").forEach(button => button.addEventListener("click", () => {
  speaker.value = button.dataset.choose;
  filter();
  document.querySelector(".controls").scrollIntoView();
}));
sort();
filter();
