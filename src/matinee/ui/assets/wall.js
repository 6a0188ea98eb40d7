// A list of movies as posters that can be acted upon. Cards keep their identity from one list to the next,
// so that a card which moves is seen to move.

const NAMES = { like: "Like", dislike: "Dislike", rate: "Rate", view: "Watched", remove: "Remove" };
const ICONS = {
  like: "M12 20s-7.5-4.6-9.3-9C1.4 7.6 3.4 4.5 6.6 4.5c2.2 0 4 1.3 5.4 3.4 1.4-2.1 3.2-3.4 5.4-3.4 3.2 0 5.2 3.1 3.9 6.5C19.5 15.4 12 20 12 20z",
  dislike: "M7 14V4H3v10zm0-1 4 8c1.7 0 3-1.3 3-3v-4h5.5c1.2 0 2-1 1.8-2.2l-1.2-6C19.9 4.7 19 4 18 4H7",
  rate: "m12 3 2.7 5.8 6.3.8-4.6 4.4 1.2 6.3L12 17.2l-5.6 3.1 1.2-6.3L3 9.6l6.3-.8z",
  view: "M2 12s3.6-6.5 10-6.5S22 12 22 12s-3.6 6.5-10 6.5S2 12 2 12zm10 3a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
  remove: "M5 5l14 14M19 5 5 19",
};

function icon(kind) {
  const svg = shape("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" });
  svg.append(shape("path", { d: ICONS[kind] }));
  return svg;
}

function named(item) {
  return (item.title || item.movie) + (item.year ? ` (${item.year})` : "");
}

// Of a double click on what opens the stars, the second press is not meant for them; it comes in so many milliseconds.
const DOUBLE = 400;

// Stars over which an invisible slider lies: a pointer picks them, arrows and Enter do too.
function stars(item, send) {
  const box = element("label", "stars");
  const slider = element("input");
  Object.assign(slider, { type: "range", min: 0.5, max: 5, step: 0.5, value: item.value ?? 3 });
  slider.setAttribute("aria-label", `Stars for ${named(item)}: arrow keys choose, Enter sends`);
  const shown = element("span", "stars-shown", "★★★★★");
  const told = element("span", "stars-told");
  let chosen = item.value !== null;
  const show = () => {
    shown.style.setProperty("--share", `${chosen ? slider.value * 20 : 0}%`);
    told.textContent = chosen ? slider.value : "";
    slider.setAttribute("aria-valuetext", chosen ? `${slider.value} stars` : "none yet");
  };
  const choose = () => { chosen = true; show(); };
  const point = (event) => {
    const { left, width } = slider.getBoundingClientRect();
    slider.value = Math.ceil(10 * (event.clientX - left) / width) / 2;
    choose();
  };
  const give = () => { if (chosen) send("rating", Number(slider.value)); };
  slider.addEventListener("input", choose);
  slider.addEventListener("pointermove", point);
  slider.addEventListener("pointerup", (event) => { point(event); give(); });
  slider.addEventListener("keydown", (event) => { if (event.key === "Enter") give(); });
  show();
  box.classList.add("opening");
  setTimeout(() => box.classList.remove("opening"), DOUBLE);
  const over = element("span", "stars-over");
  over.append(shown, slider);
  box.append(over, told);
  return box;
}

function buttons(item, kinds, send) {
  const group = element("div", "acts");
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", `What about ${named(item)}?`);
  for (const kind of kinds) {
    const button = element("button");
    button.type = "button";
    button.dataset.kind = kind;
    button.title = NAMES[kind];
    button.setAttribute("aria-label", `${NAMES[kind]} ${named(item)}`);
    button.append(icon(kind));
    button.addEventListener("click", () => {
      if (kind !== "rate") return send(kind);
      const open = group.querySelector(".stars");
      if (open) return open.remove();
      const choice = stars(item, send);
      group.append(choice);
      choice.querySelector("input").focus();
    });
    group.append(button);
  }
  return group;
}

function sparkline(counts) {
  const most = Math.max(...counts, 1), step = 100 / (counts.length - 1 || 1);
  const svg = shape("svg", { viewBox: "0 0 100 24", class: "spark", preserveAspectRatio: "none", role: "img" });
  svg.setAttribute("aria-label", `Events over the window, oldest first: ${counts.join(", ")}`);
  const points = counts.map((count, place) => `${(place * step).toFixed(1)},${(22 - (20 * count) / most).toFixed(1)}`);
  svg.append(shape("polyline", { points: points.join(" ") }));
  return svg;
}

function moved(item) {
  const { kind, by } = item.move;
  const text = { new: "new", up: `▲ ${by}`, down: `▼ ${by}` }[kind];
  const said = { new: "new on this list", up: `up ${by}`, down: `down ${by}` }[kind];
  const badge = element("span", `move ${kind}`, text);
  badge.setAttribute("aria-label", said);
  badge.setAttribute("role", "img");
  return badge;
}

function picture(item) {
  const link = element("a", "poster");
  link.tabIndex = -1;
  link.setAttribute("aria-hidden", "true");
  link.append(drawn(item));
  if (!item.source || (item.online && !navigator.onLine)) return link;
  const image = element("img");
  image.alt = "";
  image.loading = "lazy";
  image.addEventListener("load", () => image.classList.add("there"));
  image.addEventListener("error", () => image.remove());
  image.src = item.source;
  link.append(image);
  return link;
}

// The picture stays while it is of the same: a new one would flicker, and takes the longest to draw.
function pictured(card, item) {
  const look = JSON.stringify([item.movie, item.title, item.year, item.genres, item.source]);
  const failed = item.source && !card.picture?.querySelector("img");
  if (card.look !== look || failed) card.picture = picture(item);
  card.look = look;
  card.picture.querySelector(".move")?.remove();
  if (item.move) card.picture.append(moved(item));
  return card.picture;
}

function leads(link, item) {
  link.href = item.href;
  link.onclick = (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    lead(item.href);
  };
}

function fill(card, item, options, send) {
  card.className = "card";
  const poster = pictured(card, item), words = element("div", "words");
  const title = element("a", "title", item.title || item.movie);
  title.dir = "auto";
  leads(poster, item);
  leads(title, item);
  const head = element("p", "head");
  if (item.rank) head.append(element("span", "rank", item.rank));
  head.append(title);
  if (item.year) head.append(" ", element("span", "year", item.year));
  words.append(head);
  if (item.move) head.append(" ", moved(item));
  if (item.genres.length) words.append(element("p", "genres", item.genres.join(" · ")));
  if (item.note) words.append(element("p", "note", item.note));
  if (item.series) words.append(sparkline(item.series));
  if (item.why) words.append(Object.assign(element("p", "why", item.why), { title: item.why, dir: "auto" }));
  if (options.actions.length) words.append(buttons(item, options.actions, send));
  card.replaceChildren(poster, words);
}

// Each act is said until the page has heard it: neither quick presses nor a page that starts anew lose one.
function listen(list, { data, setStateValue }) {
  list.unheard = (list.unheard || []).filter((act) => !data.heard.includes(act.id));
  list.say = () => setStateValue("acts", { session: data.session, acts: list.unheard });
  if (list.session && list.session !== data.session && list.unheard.length) list.say();
  list.session = data.session;
}

export default function (component) {
  const { data, parentElement } = component;
  const list = parentElement.querySelector("ul");
  listen(list, component);
  const known = new Map([...list.children].map((card) => [card.dataset.key, card]));
  const before = new Map([...known].map(([key, card]) => [key, card.getBoundingClientRect()]));
  list.className = data.layout;
  list.setAttribute("aria-label", data.label);
  const focus = parentElement.activeElement, focused = focus && focus.closest("li");
  const kind = focused && (focus.dataset.kind || (focus.type === "range" ? "rate" : ""));
  const kept = focused && { key: focused.dataset.key, place: [...list.children].indexOf(focused) };
  const cards = data.items.map((item) => {
    const card = known.get(item.key) || element("li");
    card.dataset.key = item.key;
    const text = JSON.stringify([item, data.actions]);
    const send = (kind, value = null) => {
      if (card.classList.contains("busy")) return; // a second press, before the first was heard
      card.classList.add("busy");
      const id = crypto.getRandomValues(new Uint32Array(4)).join("-");
      list.unheard = [...list.unheard, { id, card: item.key, movie: item.movie, title: item.title, kind, value, of: item.of || null }];
      list.say();
    };
    const heard = card.classList.contains("busy") && !list.unheard.some((act) => act.card === item.key);
    if (card.text !== text || heard) fill(card, item, data, send);
    card.classList.toggle("busy", list.unheard.some((act) => act.card === item.key));
    card.text = text;
    return card;
  });
  list.replaceChildren(...cards);
  if (kept) {
    // On the same movie, or where it was; and in sight, for the next key acts on what has the focus.
    const same = cards.find((card) => card.dataset.key === kept.key) || cards[Math.min(kept.place, cards.length - 1)];
    const target = same && (same.querySelector(`[data-kind="${kind}"]`) || same.querySelector(".title"));
    target?.focus({ preventScroll: true });
    target?.scrollIntoView({ block: "nearest" });
  }
  if (!before.size || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const isSeen = (at) => at && at.bottom > 0 && at.top < innerHeight;
  for (const card of cards) {
    const from = before.get(card.dataset.key), to = card.getBoundingClientRect();
    if (!isSeen(from) && !isSeen(to)) continue;
    const way = from ? [{ transform: `translate(${from.left - to.left}px, ${from.top - to.top}px)` }, {}] : [{ opacity: 0 }, {}];
    if (!from || from.left !== to.left || from.top !== to.top) card.animate(way, { duration: 260, easing: "ease-out" });
  }
}
