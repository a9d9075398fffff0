"use strict";
// The recording's sound: the player, and two waveforms that follow it. Times are seconds of the recording.
const byId = id => document.getElementById(id);
const about = JSON.parse(byId("about").textContent);
const peaks = Uint8Array.from(atob(about.peaks), character => character.charCodeAt(0));
const player = byId("player"), overview = byId("overview"), detail = byId("detail");
const first = about.offset, last = about.offset + about.duration;
// Pixels of a second in the lower waveform, and the most seconds that it shows.
const DETAIL_PX = 100, DETAIL_S = 10;
// Pixels of a line of words there.
const LINE = 14;
let position = first;
// Where playing stops by itself, and the place in the player that a script asked for.
let until = Infinity, asked = NaN;
// What else follows the position.
const followers = [];

const clock = (seconds, digits = 0) => {
  const whole = Math.floor(seconds), two = number => String(number).padStart(2, "0");
  const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  const rest = digits ? (seconds % 60).toFixed(digits).padStart(3 + digits, "0") : two(whole % 60);
  return hours ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
};

function seek(seconds) {
  position = Math.min(Math.max(seconds, first), last);
  if (player) player.currentTime = asked = Math.max(position - about.sound_from, 0);
  follow();
}

function hear(from, to = Infinity) {
  until = to;
  seek(from);
  if (player) player.play().catch(() => {});
}

function toggle() {
  if (!player) return;
  until = Infinity;
  if (player.paused) player.play().catch(() => {});
  else player.pause();
}

function follow() {
  if (position >= until) {
    until = Infinity;
    if (player) player.pause();
  }
  draw();
  followers.forEach(follower => follower(position));
}

if (player) {
  const update = () => {
    position = player.currentTime + about.sound_from;
    follow();
  };
  const frame = () => {
    update();
    if (!player.paused) requestAnimationFrame(frame);
  };
  player.addEventListener("play", frame);
  // A hidden page has no frames.
  player.addEventListener("timeupdate", update);
  player.addEventListener("seeking", () => {
    // Whoever seeks by the player's own controls wants to hear on.
    if (!(Math.abs(player.currentTime - asked) < 0.01)) until = Infinity;
    update();
  });
}

// A peak is the square root of its height, in 255 steps.
const height = peak => (peak / 255) ** 2;
const loudest = peaks.reduce((most, peak) => Math.max(most, peak), 1);
const scale = 1 / height(loudest);

function canvasOf(canvas) {
  const ratio = window.devicePixelRatio || 1, { clientWidth: width, clientHeight: tall } = canvas;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(tall * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(tall * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, tall);
  return { context, width, tall };
}

let columns = [];
function columnsOf(width) {
  if (columns.length !== width) {
    columns = Array.from({ length: width }, (_, x) => {
      const from = Math.floor((x * peaks.length) / width);
      const to = Math.max(Math.ceil(((x + 1) * peaks.length) / width), from + 1);
      let most = 0;
      for (let i = from; i < to && i < peaks.length; i++) most = Math.max(most, peaks[i]);
      return height(most) * scale;
    });
  }
  return columns;
}

let colours = {};
function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["ink", "soft", "line", "accent", "wave"]) colours[name] = style.getPropertyValue(`--${name}`);
}

function bar(context, x, width, share, middle, room) {
  const half = Math.max(share * room, 0.5);
  context.fillRect(x, middle - half, width, 2 * half);
}

function drawOverview() {
  const { context, width, tall } = canvasOf(overview);
  const at = ((position - first) / Math.max(about.duration, 1e-9)) * width;
  columnsOf(width).forEach((share, x) => {
    context.fillStyle = x < at ? colours.accent : colours.wave;
    bar(context, x, 1, share, tall / 2, tall / 2 - 2);
  });
  context.fillStyle = colours.ink;
  context.fillRect(Math.min(at, width - 2), 0, 2, tall);
  overview.setAttribute("aria-valuenow", position.toFixed(1));
  overview.setAttribute("aria-valuetext", `${clock(position)} of ${clock(last)}`);
}

function drawDetail() {
  const { context, width, tall } = canvasOf(detail);
  if (!width) return;
  const span = Math.max(Math.min(width / DETAIL_PX, DETAIL_S, about.duration), 1e-3);
  const from = Math.max(Math.min(position - span / 2, last - span), first);
  const place = seconds => ((seconds - from) / span) * width;
  const room = tall - 6 - LINE * lines, each = width / (span * about.peaks_per_s);
  const start = Math.max(Math.floor((from - first) * about.peaks_per_s), 0);
  for (let i = start; i < start + span * about.peaks_per_s && i < peaks.length; i++) {
    const seconds = first + i / about.peaks_per_s;
    context.fillStyle = seconds < position ? colours.accent : colours.wave;
    bar(context, place(seconds), Math.max(each - 0.5, 0.5), height(peaks[i]) * scale, room / 2, room / 2 - 2);
  }
  context.font = "12px system-ui, sans-serif";
  context.textBaseline = "bottom";
  for (const word of wordsBetween(from, from + span)) {
    const x = place(word.start), wide = place(word.end) - x;
    context.fillStyle = colours.line;
    context.fillRect(x, 0, 1, tall);
    context.fillStyle = colours.soft;
    if (wide > 6) context.fillText(word.text, x + 3, tall - 3 - LINE * (lines - 1 - word.line), Math.max(wide - 4, 8));
  }
  context.fillStyle = colours.ink;
  context.fillRect(place(position), 0, 2, tall);
}

function draw() {
  drawOverview();
  drawDetail();
}

const under = (canvas, event) => Math.min(Math.max(event.offsetX / canvas.clientWidth, 0), 1);
overview.addEventListener("pointerdown", event => {
  overview.setPointerCapture(event.pointerId);
  until = Infinity;
  seek(first + under(overview, event) * about.duration);
});
overview.addEventListener("pointermove", event => {
  if (overview.hasPointerCapture(event.pointerId)) seek(first + under(overview, event) * about.duration);
});
overview.addEventListener("keydown", event => {
  const steps = { ArrowLeft: -5, ArrowRight: 5, ArrowDown: -5, ArrowUp: 5, PageDown: -30, PageUp: 30, Home: -Infinity, End: Infinity };
  if (event.key in steps) seek(position + steps[event.key]);
  else if (event.key === " " || event.key === "Enter") toggle();
  else return;
  event.preventDefault();
});
matchMedia("(prefers-color-scheme:dark)").addEventListener("change", () => {
  readColours();
  draw();
});
new ResizeObserver(draw).observe(overview);
